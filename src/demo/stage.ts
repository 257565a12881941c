/** The example, running: a control plane on a directory, the directory's pods with their sidecars, and what they report. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlEvent } from '../control/events.ts';
import { formatDiagnostic } from '../diagnostics/diagnostic.ts';
import { by } from '../lib/order.ts';
import type { Workload } from '../mesh/model.ts';
import { type NamespacedName, namespacedName } from '../objects/object-ref.ts';
import type { CallReport } from './call.ts';
import { viewCalls } from './call-rows.ts';
import { ChangeLog } from './change-log.ts';
import { viewDenials } from './denials.ts';
import { type FileListing, listFiles } from './file-listing.ts';
import { Fleet } from './fleet.ts';
import { explainMissing, missingAddresses } from './loopback.ts';
import { Plane } from './plane.ts';
import { type PodProgram, readPodPrograms } from './pod-program.ts';
import { RecentCalls } from './recent-calls.ts';
import { viewSplits } from './splits.ts';
import type { TourStage } from './tour-steps.ts';
import type { ChangeView, View } from './view.ts';
import { within } from './within.ts';

export interface StageOptions {
  readonly directory: string;
  /** Where bootstraps and logs go. */
  readonly workDirectory: string;
  /** The Envoy binary. */
  readonly envoy: string;
  /** A change of the directory was acknowledged by every sidecar that it concerns. */
  readonly onChange?: (change: ChangeView, problems: readonly string[]) => void;
  /** A process ended that should not have. */
  readonly onTrouble?: (message: string) => void;
}

/** Rates and outcomes are those of the last ten seconds. */
const rateWindowMs = 10_000;
/** Shares are those since the last change, or of this time. */
const splitWindowMs = 60_000;
const startLimitMs = 60_000;
const changeLimitMs = 10_000;
const keptTroubles = 5;

export class Stage implements TourStage {
  readonly directory: string;
  readonly #options: StageOptions;
  readonly #plane: Plane;
  readonly #fleet: Fleet;
  readonly #changes: ChangeLog;
  readonly #calls = new RecentCalls();
  /** Never forgotten: a file that is broken for a while does not stop its pods. */
  readonly #programs = new Map<NamespacedName, PodProgram>();
  readonly #startedAt = Date.now();
  #trafficSince = Date.now();
  #changedAt = Date.now();
  #troubles: readonly string[] = [];
  #awaitingSync: (() => void) | undefined;
  /** While it is starting. */
  #giveUp: ((reason: Error) => void) | undefined;
  #awaitingChange: ((change: ChangeView) => void) | undefined;

  private constructor(options: StageOptions, plane: Plane, listing: FileListing) {
    this.directory = options.directory;
    this.#options = options;
    this.#plane = plane;
    this.#changes = new ChangeLog({
      directory: options.directory,
      listing,
      onSettled: (change) => this.#onSettled(change),
    });
    this.#fleet = new Fleet({
      directory: options.directory,
      workDirectory: options.workDirectory,
      envoy: options.envoy,
      now: Date.now,
      onCall: (call) => this.#calls.add(call),
      onTrouble: (message) => this.#onTrouble(message),
    });
    plane.listen((event) => this.#onEvent(event));
  }

  /**
   * Resolves when every program is ready and every sidecar has acknowledged all it was given. Traffic has not begun.
   * Rejects, with everything stopped again, at the first trouble, or when that takes longer than a minute.
   */
  static async start(options: StageOptions): Promise<Stage> {
    // Listed first: what is changed while the rest starts is then a change.
    const listing = await listFiles(options.directory);
    const stage = new Stage(options, await Plane.open(options.directory), listing);
    const { promise: trouble, reject } = Promise.withResolvers<never>();
    stage.#giveUp = reject;
    try {
      await within(startLimitMs, 'starting the example', Promise.race([trouble, stage.#raise()]));
      stage.#giveUp = undefined;
      return stage;
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  /** From now on the workloads make the calls they make by themselves. */
  beginTraffic(): void {
    this.#trafficSince = Date.now();
    this.#changedAt = Date.now();
    this.#fleet.beginTraffic();
  }

  order(pod: NamespacedName, call: string, times: number): Promise<readonly CallReport[]> {
    return this.#fleet.order(pod, call, times);
  }

  async change(edit: () => Promise<void>): Promise<ChangeView> {
    const { promise, resolve } = Promise.withResolvers<ChangeView>();
    this.#awaitingChange = resolve;
    await edit();
    return within(changeLimitMs, 'the change', promise);
  }

  problems(): readonly string[] {
    return [...this.#plane.interruptions, ...this.#plane.problems.map(formatDiagnostic)].map((problem) =>
      // Files are named as the reader of the directory knows them.
      problem.replaceAll(`${this.directory}/`, ''),
    );
  }

  view(): View {
    const { mesh } = this.#plane;
    const now = Date.now();
    const calls = this.#calls.since(now - rateWindowMs);
    const runnable = this.#runnable();
    const upToDate = this.#plane.upToDate;
    return {
      directory: this.directory,
      sidecars: { upToDate: runnable.filter(({ pod }) => upToDate.has(nameOf(pod))).length, total: runnable.length },
      upFor: now - this.#startedAt,
      calls: viewCalls(calls, Math.min(rateWindowMs, Math.max(1, now - this.#trafficSince)) / 1000),
      splits: viewSplits(mesh, this.#calls.since(Math.max(this.#changedAt, now - splitWindowMs))),
      // What was refused before the last change may be granted now.
      denials: viewDenials(
        mesh,
        calls.filter(({ at }) => at >= this.#changedAt),
      ),
      lastChange: this.#changes.last,
      problems: this.problems(),
      troubles: this.#troubles,
    };
  }

  /** Ends every process and the control plane. */
  async stop(): Promise<void> {
    await this.#fleet.stop();
    await this.#plane.stop();
  }

  async #raise(): Promise<void> {
    const workloads = this.#plane.mesh.workloads.values();
    const missing = await missingAddresses([...workloads].flatMap(({ addresses }) => addresses));
    if (missing.length > 0) throw new Error(explainMissing(missing));
    await this.#runPods();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaitingSync = resolve;
    this.#checkSync();
    await promise;
    const rejected = this.#plane.problems.filter(({ reason }) => reason === 'ResourceRejected');
    if (rejected.length === 0) return;
    const reasons = rejected.map(formatDiagnostic).join('\n');
    throw new Error(
      `Envoy does not take its configuration. Is another demo running on the same addresses?\n${reasons}`,
    );
  }

  async #runPods(): Promise<void> {
    for (const file of (await listFiles(this.directory)).files.keys()) {
      // A file may be gone by now; then the next round is about that.
      const text = await readFile(join(this.directory, file), 'utf8').catch(() => '');
      for (const program of readPodPrograms(text)) this.#programs.set(program.pod, program);
    }
    const pods = this.#runnable().flatMap((workload) => {
      const program = this.#programs.get(nameOf(workload.pod));
      return program === undefined ? [] : [{ program, bootstrap: this.#plane.bootstrapOf(workload) }];
    });
    await this.#fleet.apply(pods);
  }

  /** The pods with a sidecar whose program is known. */
  #runnable(): readonly Workload[] {
    return [...this.#plane.mesh.workloads.values()]
      .filter(({ pod }) => this.#programs.has(nameOf(pod)))
      .sort(by(({ pod }) => pod.name));
  }

  #onEvent(event: ControlEvent): void {
    switch (event.type) {
      case 'published':
        this.#changes.onPublished(event.publication);
        void this.#runPods();
        break;
      case 'settled':
        this.#changes.onSettled(event.publication);
        break;
      case 'xds':
        if (event.event.type === 'refused') this.#onTrouble(`a sidecar was refused: ${event.event.message}`);
        this.#checkSync();
        break;
      case 'fault':
        this.#onTrouble(`${event.doing}: ${event.error instanceof Error ? event.error.message : String(event.error)}`);
        break;
      case 'overdue':
      case 'diagnostics':
      case 'source':
        // Shown as what is there whenever the view is made.
        break;
    }
  }

  #checkSync(): void {
    const upToDate = this.#plane.upToDate;
    if (this.#runnable().every(({ pod }) => upToDate.has(nameOf(pod)))) this.#awaitingSync?.();
  }

  #onSettled(change: ChangeView): void {
    this.#changedAt = Date.now();
    this.#awaitingChange?.(change);
    this.#options.onChange?.(change, this.problems());
  }

  #onTrouble(message: string): void {
    this.#troubles = [...this.#troubles, message].slice(-keptTroubles);
    if (this.#giveUp === undefined) this.#options.onTrouble?.(message);
    else this.#giveUp(new Error(/in use/.test(message) ? `${message}\nIs another demo running?` : message));
  }
}

const nameOf = (pod: Workload['pod']): NamespacedName => namespacedName(pod.namespace, pod.name);
