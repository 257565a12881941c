import type { Cancel, Clock } from './clock.ts';

/**
 * Turns many requests into few runs. The first request after a quiet time runs at once (as soon as the event loop has
 * dealt with what came together with it); those that follow within `window` milliseconds of a run share the next one.
 */
export class Coalescer {
  readonly #run: () => void;
  readonly #window: number;
  readonly #clock: Clock;
  #lastRun = Number.NEGATIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(run: () => void, window: number, clock: Clock) {
    this.#run = run;
    this.#window = window;
    this.#clock = clock;
  }

  request(): void {
    if (this.#cancel !== undefined) return;
    const wait = this.#lastRun + this.#window - this.#clock.now();
    const run = () => {
      this.#cancel = undefined;
      this.#lastRun = this.#clock.now();
      this.#run();
    };
    this.#cancel = wait > 0 ? this.#clock.after(wait, run) : this.#clock.soon(run);
  }

  /** Drops a run that is still to come. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
