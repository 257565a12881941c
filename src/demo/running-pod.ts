import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Call, type CallReport, parseReport, parseReportLine } from './call.ts';
import { LeashedProcess } from './leashed-process.ts';
import type { PodProgram } from './pod-program.ts';

export interface PodOptions {
  /** Where the programs' commands are run. */
  readonly directory: string;
  /** Where bootstraps and logs go. */
  readonly stateDirectory: string;
  /** The Envoy binary. */
  readonly envoy: string;
  readonly onCall: (call: Call) => void;
  /** A process ended that should not have; it is started again. */
  readonly onTrouble: (message: string) => void;
  /** The observer's clock, in milliseconds. */
  readonly now: () => number;
}

export interface PodToRun {
  readonly program: PodProgram;
  /** The Envoy bootstrap of its sidecar, as JSON. */
  readonly bootstrap: string;
}

/** Wait before a process that ended is started again, in milliseconds. */
const restartDelayMs = 300;

/** A pod: its program as a process, and an Envoy beside it. */
export class RunningPod {
  readonly spec: PodToRun;
  /** When the program first says that it is ready to serve. */
  readonly ready: Promise<void>;
  readonly #options: PodOptions;
  readonly #becomeReady: () => void;
  #program: LeashedProcess;
  #sidecar: LeashedProcess;
  #traffic: boolean;
  #stopping = false;
  #orders = 0;

  constructor(spec: PodToRun, options: PodOptions, traffic: boolean) {
    this.spec = spec;
    this.#options = options;
    this.#traffic = traffic;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#becomeReady = resolve;
    writeFileSync(this.#path('bootstrap.json'), spec.bootstrap);
    this.#program = this.#startProgram();
    this.#sidecar = this.#startSidecar();
  }

  beginTraffic(): void {
    this.#traffic = true;
    this.#tell({ traffic: 'begin' });
  }

  async order(call: string, times: number, atOnce: number): Promise<readonly CallReport[]> {
    const id = ++this.#orders;
    const { promise, resolve, reject } = Promise.withResolvers<readonly CallReport[]>();
    const { child, ended } = this.#program;
    const listen = (message: unknown) => {
      if (!isAnswer(message) || message.order !== id) return;
      child.off('message', listen);
      resolve(message.reports.map(parseReport).filter((report) => report !== undefined));
    };
    child.on('message', listen);
    void ended.then((how) => reject(new Error(`${this.spec.program.name} ended: ${how}`)));
    this.#tell({ id, call, times, atOnce });
    return promise;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#becomeReady();
    await Promise.all([this.#program.stop(), this.#sidecar.stop()]);
  }

  #startProgram(): LeashedProcess {
    const { name, command, env } = this.spec.program;
    const [executable = '', ...args] = command;
    const log = openSync(this.#path('log'), 'w');
    const started = new LeashedProcess({
      // The very Node that runs us: the one that is known to be new enough.
      command: executable === 'node' ? process.execPath : executable,
      args,
      cwd: this.#options.directory,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', log, 'ipc'],
    });
    closeSync(log);
    const { child } = started;
    child.on('message', (message) => {
      if (!isReady(message)) return;
      this.#becomeReady();
      if (this.#traffic) this.#tell({ traffic: 'begin' });
    });
    if (child.stdout !== null) {
      createInterface(child.stdout).on('line', (line) => {
        const report = parseReportLine(line);
        if (report !== undefined) this.#options.onCall({ ...report, from: name, at: this.#options.now() });
      });
    }
    this.#keep(started, 'log', 'program', () => {
      this.#program = this.#startProgram();
    });
    return started;
  }

  #startSidecar(): LeashedProcess {
    const log = openSync(this.#path('envoy.log'), 'w');
    const started = new LeashedProcess({
      command: this.#options.envoy,
      args: [
        '-c',
        this.#path('bootstrap.json'),
        '--disable-hot-restart',
        '--concurrency',
        '1',
        '--log-level',
        'warning',
      ],
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#keep(started, 'envoy.log', 'sidecar', () => {
      this.#sidecar = this.#startSidecar();
    });
    return started;
  }

  /** What ends without being asked to is reported with its last words, and started again. */
  #keep(started: LeashedProcess, log: string, what: string, restart: () => void): void {
    void started.ended.then((how) => {
      if (this.#stopping) return;
      const words = lastLines(this.#path(log), 3);
      this.#options.onTrouble(`${what} of ${this.spec.program.name} ended (${how})${words === '' ? '' : `: ${words}`}`);
      setTimeout(() => {
        if (!this.#stopping) restart();
      }, restartDelayMs).unref();
    });
  }

  #tell(message: object): void {
    // Between its end and its restart nobody listens; a restarted program is told again when it is ready.
    if (this.#program.child.connected) this.#program.child.send(message, () => {});
  }

  #path(suffix: string): string {
    return join(this.#options.stateDirectory, `${this.spec.program.pod.replace('/', '.')}.${suffix}`);
  }
}

const isReady = (message: unknown): boolean => typeof message === 'object' && message !== null && 'ready' in message;

const isAnswer = (message: unknown): message is { readonly order: number; readonly reports: readonly unknown[] } =>
  typeof message === 'object' && message !== null && 'order' in message && 'reports' in message;

function lastLines(file: string, count: number): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-count).join(' | ');
}
