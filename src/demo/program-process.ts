import { createInterface } from 'node:readline';
import { type CallReport, parseReport, parseReportLine } from './call.ts';
import { LeashedProcess } from './leashed-process.ts';
import type { PodProgram } from './pod-program.ts';

export interface ProgramOptions {
  readonly program: PodProgram;
  /** Where its command is run. */
  readonly directory: string;
  /** File descriptor that takes its standard error. */
  readonly log: number;
  readonly onReport: (report: CallReport) => void;
}

/** The program of a pod: reports its calls line by line, and takes orders over an IPC channel. */
export class ProgramProcess {
  readonly process: LeashedProcess;
  /** When the program says that it is ready to serve. Never, if it does not come to that. */
  readonly ready: Promise<void>;
  readonly #name: string;
  #orders = 0;

  constructor({ program, directory, log, onReport }: ProgramOptions) {
    const [executable = '', ...args] = program.command;
    this.#name = program.name;
    this.process = new LeashedProcess({
      // The very Node that runs us: the one that is known to be new enough.
      command: executable === 'node' ? process.execPath : executable,
      args,
      cwd: directory,
      env: { PATH: process.env['PATH'], ...program.env },
      stdio: ['ignore', 'pipe', log, 'ipc'],
    });
    const { child } = this.process;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    child.on('message', (message) => {
      if (isReady(message)) resolve();
    });
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      const report = parseReportLine(line);
      if (report !== undefined) onReport(report);
    });
  }

  /** From now on it makes the calls it makes by itself. */
  beginTraffic(): void {
    this.#tell({ traffic: 'begin' });
  }

  /** Lets it make one of its calls some times, and resolves with how they went. Rejects when it ends meanwhile. */
  async order(call: string, times: number, atOnce: number): Promise<readonly CallReport[]> {
    const id = ++this.#orders;
    const { promise, resolve, reject } = Promise.withResolvers<readonly CallReport[]>();
    const { child, ended } = this.process;
    const listen = (message: unknown) => {
      if (!isAnswer(message) || message.order !== id) return;
      child.off('message', listen);
      resolve(message.reports.map(parseReport).filter((report) => report !== undefined));
    };
    child.on('message', listen);
    void ended.then((how) => reject(new Error(`${this.#name} ended: ${how}`)));
    this.#tell({ id, call, times, atOnce });
    return promise;
  }

  #tell(message: object): void {
    // One that is ending cannot be told any more, and whoever waits for its answer learns that it ended.
    if (this.process.child.connected) this.process.child.send(message, () => {});
  }
}

const isReady = (message: unknown): boolean => typeof message === 'object' && message !== null && 'ready' in message;

const isAnswer = (message: unknown): message is { readonly order: number; readonly reports: readonly unknown[] } =>
  typeof message === 'object' && message !== null && 'order' in message && 'reports' in message;
