import type { Cancel, Clock } from '../lib/clock.ts';

/** A clock that stands still until a test moves it. Callbacks run in the order of their time, inside `advance`. */
export class ManualClock implements Clock {
  #now = 0;
  #next = 0;
  readonly #waiting = new Map<number, { readonly at: number; readonly callback: () => void }>();

  readonly now = (): number => this.#now;

  readonly date = (): Date => new Date(Date.UTC(2026, 0, 1) + this.#now);

  readonly after = (milliseconds: number, callback: () => void): Cancel => {
    const id = this.#next++;
    this.#waiting.set(id, { at: this.#now + milliseconds, callback });
    return () => this.#waiting.delete(id);
  };

  readonly soon = (callback: () => void): Cancel => this.after(0, callback);

  /** How long until the next callback; `undefined` when none waits. */
  get untilNext(): number | undefined {
    const next = this.#first();
    return next === undefined ? undefined : next.at - this.#now;
  }

  /** Lets the time pass, running what falls due, including what those callbacks schedule. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#first(); next !== undefined && next.at <= end; next = this.#first()) {
      this.#waiting.delete(next.id);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }

  #first(): { readonly id: number; readonly at: number; readonly callback: () => void } | undefined {
    let first: { readonly id: number; readonly at: number; readonly callback: () => void } | undefined;
    for (const [id, entry] of this.#waiting) {
      if (first === undefined || entry.at < first.at) first = { id, ...entry };
    }
    return first;
  }
}
