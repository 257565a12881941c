import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Call, CallReport } from './call.ts';
import type { LeashedProcess } from './leashed-process.ts';
import type { PodProgram } from './pod-program.ts';
import { ProgramProcess } from './program-process.ts';
import { SidecarProcess } from './sidecar-process.ts';

export interface PodOptions {
  /** Where the programs' commands are run. */
  readonly directory: string;
  /** Where bootstraps and logs go. */
  readonly workDirectory: string;
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
  readonly #options: PodOptions;
  #program: ProgramProcess;
  #sidecar: SidecarProcess;
  #traffic: boolean;
  #stopping = false;

  constructor(spec: PodToRun, options: PodOptions, traffic: boolean) {
    this.spec = spec;
    this.#options = options;
    this.#traffic = traffic;
    writeFileSync(this.#path('bootstrap.json'), spec.bootstrap);
    this.#program = this.#startProgram();
    this.#sidecar = this.#startSidecar();
  }

  /** When both serve. Never, if one of them ends before. */
  async ready(): Promise<void> {
    await Promise.all([this.#program.ready, this.#sidecar.ready]);
  }

  beginTraffic(): void {
    this.#traffic = true;
    this.#program.beginTraffic();
  }

  order(call: string, times: number, atOnce: number): Promise<readonly CallReport[]> {
    return this.#program.order(call, times, atOnce);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([this.#program.process.stop(), this.#sidecar.process.stop()]);
  }

  #startProgram(): ProgramProcess {
    const { program } = this.spec;
    const { directory, onCall, now } = this.#options;
    const started = this.#logged('log', (log) => {
      const onReport = (report: CallReport) => onCall({ ...report, from: program.name, at: now() });
      return new ProgramProcess({ program, directory, log, onReport });
    });
    void started.ready.then(() => {
      if (this.#traffic) started.beginTraffic();
    });
    this.#keep('program', 'log', started.process, () => {
      this.#program = this.#startProgram();
    });
    return started;
  }

  #startSidecar(): SidecarProcess {
    const { envoy } = this.#options;
    const files = { bootstrap: this.#path('bootstrap.json'), adminAddress: this.#path('admin-address') };
    const started = this.#logged('envoy.log', (log) => new SidecarProcess({ envoy, log, ...files }));
    this.#keep('sidecar', 'envoy.log', started.process, () => {
      this.#sidecar = this.#startSidecar();
    });
    return started;
  }

  /** What ends without being asked to is reported with its last words, and started again. */
  #keep(what: string, log: string, started: LeashedProcess, restart: () => void): void {
    void started.ended.then((how) => {
      if (this.#stopping) return;
      const words = lastWords(this.#path(log));
      this.#options.onTrouble(`${what} of ${this.spec.program.name} ended (${how})${words === '' ? '' : `: ${words}`}`);
      setTimeout(() => {
        if (!this.#stopping) restart();
      }, restartDelayMs);
    });
  }

  #logged<T>(suffix: string, start: (log: number) => T): T {
    const log = openSync(this.#path(suffix), 'w');
    try {
      return start(log);
    } finally {
      closeSync(log);
    }
  }

  #path(suffix: string): string {
    return join(this.#options.workDirectory, `${this.spec.program.pod.replace('/', '.')}.${suffix}`);
  }
}

/** The line of a log that says most of why its writer ended. */
function lastWords(file: string): string {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /error|fail|cannot/i.test(line)) ?? lines.at(-1) ?? '').trim();
}
