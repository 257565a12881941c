import type { Call } from './call.ts';

/** How long calls are kept, in milliseconds. */
const keptMs = 60_000;

/** The calls of the last minute. */
export class RecentCalls {
  #calls: Call[] = [];

  add(call: Call): void {
    this.#calls.push(call);
    const oldest = this.#calls[0];
    // Every now and then instead of at every call: dropping from the front of an array costs its length.
    if (oldest !== undefined && oldest.at < call.at - 2 * keptMs) this.#calls = this.since(call.at - keptMs).slice();
  }

  /** In the order in which they were reported. */
  since(time: number): readonly Call[] {
    const first = this.#calls.findIndex((call) => call.at >= time);
    return first === -1 ? [] : this.#calls.slice(first);
  }
}
