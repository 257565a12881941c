import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../lib/eventually.ts';
import { envoyProgram } from '../lib/requirements.ts';
import { makeScratch, type Scratch } from '../lib/scratch.ts';

const root = join(import.meta.dirname, '../..');

export interface DemoOptions {
  readonly args: readonly string[];
  /** Gives it a terminal instead of a pipe. */
  readonly terminal?: boolean;
}

/** `smi-envoy demo` as a person runs it. */
export class RunningDemo implements AsyncDisposable {
  readonly child: ChildProcess;
  /** All it has printed so far, line by line. */
  readonly lines: string[] = [];
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #scratch: Scratch;
  #wake = () => {};

  constructor({ args, terminal = false }: DemoOptions) {
    this.#scratch = makeScratch('demo');
    const demo = [process.execPath, 'src/main.ts', 'demo', '--work-dir', this.#scratch.folder, ...args];
    // The only way to a terminal that every machine has: whatever Python's child prints, Python prints.
    const inTerminal = ['python3', '-c', 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)', ...demo];
    const [program = '', ...rest] = terminal ? inTerminal : demo;
    const env = { ...process.env, ENVOY_PATH: envoyProgram(), NO_COLOR: '', TERM: 'xterm-256color' };
    this.child = spawn(program, rest, { cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.ended = once(this.child, 'exit').then(([code, signal]) => code ?? signal);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        this.lines.push(line);
        this.#wake();
      });
    }
    void this.ended.then(() => this.#wake());
  }

  /** The next line, from now on, of which the predicate is true. */
  async next(what: string, isIt: (line: string) => boolean): Promise<string> {
    for (let index = this.lines.length; ; index++) {
      while (index >= this.lines.length) {
        if (this.child.exitCode !== null || this.child.signalCode !== null) {
          throw new Error(`waited for ${what}, but the demo ended:\n${this.lines.join('\n')}`);
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const line = this.lines[index] ?? '';
      if (isIt(line)) return line;
    }
  }

  /** The addresses of its Envoys' admin servers. */
  admins(): readonly string[] {
    const { folder } = this.#scratch;
    return readdirSync(folder)
      .filter((file) => file.endsWith('.admin-address'))
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
    this.#scratch[Symbol.dispose]();
  }
}

/** Waits until nobody listens on any of the addresses. */
export async function allGone(addresses: readonly string[]): Promise<void> {
  await eventually('every Envoy to be gone', async () => {
    const listening = await Promise.all(addresses.map(isListening));
    return listening.every((each) => !each);
  });
}

async function isListening(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
