import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A part of the bench in a process of its own, with typed messages to and from it. */
export class Child<Command extends object, Report extends { readonly type: string }> {
  readonly #process: ChildProcess;
  readonly #reports: Report[] = [];
  #wake: (() => void) | undefined;
  #end: string | undefined;

  constructor(program: string) {
    this.#process = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (report) => {
      this.#reports.push(report as Report);
      this.#wake?.();
    });
    this.#process.on('exit', (code, signal) => {
      this.#end = `${program} ended with ${signal ?? code}`;
      this.#wake?.();
    });
  }

  tell(command: Command): void {
    this.#process.send(command);
  }

  /** The next report, which must be of this type. Throws when another comes, when the process ends, or after 120 s. */
  async next<T extends Report['type']>(type: T): Promise<Extract<Report, { readonly type: T }>> {
    const deadline = setTimeout(() => {
      this.#end = `no report "${type}" within 120 s`;
      this.#wake?.();
    }, 120_000);
    try {
      while (this.#reports.length === 0) {
        if (this.#end !== undefined) throw new Error(this.#end);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
    const report = this.#reports.shift();
    if (report?.type !== type) throw new Error(`expected "${type}", not ${JSON.stringify(report)}`);
    return report as Extract<Report, { readonly type: T }>;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.disconnect();
    await once(this.#process, 'exit');
  }
}
