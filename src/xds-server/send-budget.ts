import type { Cancel, Clock } from '../lib/clock.ts';

/** How long a stream may take to read what it was sent before others no longer wait for it. */
const patience = 1_000;

/**
 * Bounds the bytes that are on their way to all clients together, so that a thousand of them starting at once cost no
 * more memory than a few. Streams that want more wait their turn. One that does not read what it was sent stops counting
 * after a second: what it may hold is bounded anyway, and nobody is to wait for it.
 */
export class SendBudget {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #taken = new Set<{ readonly bytes: number; readonly since: number }>();
  readonly #waiting = new Set<() => void>();
  #used = 0;
  #timer: Cancel | undefined;

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  get exhausted(): boolean {
    return this.#used >= this.#limit;
  }

  /** Takes the bytes, also beyond the limit; returns what gives them back, at most once. */
  take(bytes: number): () => void {
    const share = { bytes, since: this.#clock.now() };
    this.#taken.add(share);
    this.#used += bytes;
    return () => {
      if (this.#taken.delete(share)) this.#giveBack(bytes);
    };
  }

  /** Calls back once, when the budget is no longer exhausted; in the order of the calls. */
  wait(callback: () => void): void {
    this.#waiting.add(callback);
    this.#timer ??= this.#clock.after(patience, this.#forgive);
  }

  stopWaiting(callback: () => void): void {
    this.#waiting.delete(callback);
  }

  /** Forgets everybody. */
  close(): void {
    this.#waiting.clear();
    this.#timer?.();
    this.#timer = undefined;
  }

  readonly #forgive = (): void => {
    this.#timer = undefined;
    const late = this.#clock.now() - patience;
    let bytes = 0;
    for (const share of this.#taken) {
      if (share.since > late) break;
      this.#taken.delete(share);
      bytes += share.bytes;
    }
    this.#giveBack(bytes);
    if (this.#waiting.size > 0) this.#timer ??= this.#clock.after(patience, this.#forgive);
  };

  #giveBack(bytes: number): void {
    this.#used -= bytes;
    for (const callback of this.#waiting) {
      if (this.exhausted) return;
      this.#waiting.delete(callback);
      callback();
    }
    if (this.#waiting.size === 0) {
      this.#timer?.();
      this.#timer = undefined;
    }
  }
}
