import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface DaemonOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Receives stdout and stderr; appended to. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly grace?: number;
}

const running = new Set<ChildProcess>();
let watchingForOurEnd = false;

/** A program that runs until it is told to stop, or until we end. */
export class Daemon implements AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process is gone, with how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #grace: number;
  #end: string | undefined;

  private constructor(child: ChildProcess, options: DaemonOptions) {
    this.#child = child;
    this.#grace = options.grace ?? 5_000;
    this.pid = child.pid ?? -1;
    this.logFile = options.logFile;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        running.delete(child);
        this.#end = signal === null ? `ended with exit code ${code}` : `ended by ${signal}`;
        resolve(this.#end);
      });
    });
  }

  /** Resolves when the process has been created; it may still be starting. */
  static start(options: DaemonOptions): Promise<Daemon> {
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'a');
    const child = spawn(options.program, options.args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.env },
    });
    closeSync(log);
    const daemon = new Daemon(child, options);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        running.add(child);
        killWithUs();
        resolve(daemon);
      });
    });
  }

  /** How the process ended, or undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** The last lines of the log and how the process ended: what to put into an error. */
  obituary(): string {
    return `${this.#end ?? 'still running'}; its log ends with:\n${this.log().trimEnd().split('\n').slice(-20).join('\n')}`;
  }

  /** Asks the process to end, and insists after the grace. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#child.kill('SIGTERM');
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), this.#grace);
    await this.ended;
    clearTimeout(insist);
  }

  /** Ends the process without asking. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Freezes the process (SIGSTOP): it keeps its connections and answers nothing. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A test that crashes must not leave its daemons behind. */
function killWithUs(): void {
  if (watchingForOurEnd) return;
  watchingForOurEnd = true;
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}
