import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface LeashedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdio: StdioOptions;
}

/** Time that a process has to end on SIGTERM, in milliseconds, before it is killed. */
const graceMs = 3_000;

/**
 * A process that ends when we do, however we end. Each has a tiny shell beside it that waits for our end of a pipe to
 * close, which the kernel does for us even when we are killed, and then ends the process by its id. Both are in process
 * groups of their own, so Ctrl-C reaches only us and we end them in order.
 */
export class LeashedProcess {
  readonly child: ChildProcess;
  /** How it ended, for people: `exit code 1`, `signal SIGKILL`, or why it could not be started. Never rejects. */
  readonly ended: Promise<string>;
  readonly #leash: ChildProcess | undefined;

  constructor({ command, args, cwd, env, stdio }: LeashedOptions) {
    this.child = spawn(command, args, { cwd, env, stdio, detached: true });
    this.#leash = this.child.pid === undefined ? undefined : leash(this.child.pid);
    this.ended = this.#watch();
  }

  async #watch(): Promise<string> {
    try {
      const [code, signal] = await once(this.child, 'exit');
      return signal === null ? `exit code ${code}` : `signal ${signal}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      // A line instead of the pipe's end: the process id is free for others now and must not be signalled any more.
      this.#leash?.stdin?.end('ended\n');
    }
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(timer);
    if (this.#leash !== undefined && this.#leash.exitCode === null) await once(this.#leash, 'exit');
  }
}

function leash(pid: number): ChildProcess {
  const script = 'read -r _ || kill -TERM "$1" 2>/dev/null';
  const stdio: StdioOptions = ['pipe', 'ignore', 'ignore'];
  const shell = spawn('/bin/sh', ['-c', script, 'leash', String(pid)], { stdio, detached: true });
  // Nothing to do about either: without a shell there is no leash, and a pipe that broke has nobody to tell.
  shell.on('error', () => {});
  shell.stdin?.on('error', () => {});
  return shell;
}
