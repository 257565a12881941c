/** Plays the kubelet: runs the pods that there are to be, and no others. */
import { mkdirSync } from 'node:fs';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { CallReport } from './call.ts';
import { type PodOptions, type PodToRun, RunningPod } from './running-pod.ts';

export class Fleet {
  readonly #options: PodOptions;
  readonly #pods = new Map<NamespacedName, RunningPod>();
  #traffic = false;
  #stopped = false;
  #replaced: Promise<void> = Promise.resolve();

  constructor(options: PodOptions) {
    this.#options = options;
    mkdirSync(options.workDirectory, { recursive: true });
  }

  /** Starts, stops and restarts pods until exactly these run. Resolves when all of them serve. */
  async apply(pods: readonly PodToRun[]): Promise<void> {
    // One at a time: a pod that is replaced must have let go of its ports before the next one takes them.
    this.#replaced = this.#replaced.then(() => this.#replace(pods));
    await this.#replaced;
    await Promise.all([...this.#pods.values()].map((pod) => pod.ready()));
  }

  async #replace(pods: readonly PodToRun[]): Promise<void> {
    const wanted = new Map(pods.map((pod) => [pod.program.pod, pod]));
    const stale = [...this.#pods].filter(([key, running]) => !isSame(running.spec, wanted.get(key)));
    for (const [key] of stale) this.#pods.delete(key);
    await Promise.all(stale.map(([, running]) => running.stop()));
    if (this.#stopped) return;
    for (const pod of pods) {
      const { pod: key } = pod.program;
      if (!this.#pods.has(key)) this.#pods.set(key, new RunningPod(pod, this.#options, this.#traffic));
    }
  }

  /** From now on the programs make the calls they make by themselves. */
  beginTraffic(): void {
    this.#traffic = true;
    for (const pod of this.#pods.values()) pod.beginTraffic();
  }

  /** Lets a pod make one of its calls some times, a few at once, and resolves with how they went. */
  async order(pod: NamespacedName, call: string, times: number, atOnce = 8): Promise<readonly CallReport[]> {
    const running = this.#pods.get(pod);
    if (running === undefined) throw new Error(`No pod ${pod} is running`);
    return running.order(call, times, atOnce);
  }

  /** Ends every process, and resolves when all have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const pods = [...this.#pods.values()];
    this.#pods.clear();
    await Promise.all(pods.map((pod) => pod.stop()));
  }
}

const isSame = (a: PodToRun, b: PodToRun | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
