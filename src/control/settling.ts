import type { Cancel, Clock } from '../lib/clock.ts';

export interface SettlingOptions<Publication> {
  /** The last stream has acknowledged the publication, or has ended. */
  readonly onSettled: (publication: Publication) => void;
  /** Some streams have not acknowledged the publication for `patience` milliseconds. It is waited for further. */
  readonly onOverdue: (publication: Publication, streams: readonly number[]) => void;
  readonly patience: number;
  readonly clock: Clock;
}

interface Wait {
  readonly streams: Set<number>;
  readonly cancel: Cancel;
}

/**
 * Waits for the last acknowledgement of each publication. A later one that reaches a stream settles the earlier ones
 * there too, since streams acknowledge in order.
 */
export class Settling<Publication extends { readonly sequence: number }> {
  readonly #options: SettlingOptions<Publication>;
  readonly #waiting = new Map<Publication, Wait>();
  /** The last publication that each stream has acknowledged: it may do so while the publication is still going on. */
  readonly #acknowledged = new Map<number, number>();

  constructor(options: SettlingOptions<Publication>) {
    this.#options = options;
  }

  /** Streams, by number, that the publication has something for. None: it has settled already. */
  begin(publication: Publication, streams: Iterable<number>): void {
    const { clock, patience, onOverdue } = this.#options;
    const remaining = new Set(streams);
    for (const stream of remaining) {
      if ((this.#acknowledged.get(stream) ?? 0) >= publication.sequence) remaining.delete(stream);
    }
    const cancel = clock.after(patience, () => onOverdue(publication, [...remaining]));
    this.#waiting.set(publication, { streams: remaining, cancel });
    this.#settle();
  }

  /** The stream has acknowledged everything up to a publication. */
  acknowledged(stream: number, sequence: number): void {
    this.#acknowledged.set(stream, sequence);
    for (const [publication, { streams }] of this.#waiting) {
      if (publication.sequence <= sequence) streams.delete(stream);
    }
    this.#settle();
  }

  /** The stream has ended: nobody waits for it. */
  gone(stream: number): void {
    this.acknowledged(stream, Number.POSITIVE_INFINITY);
    this.#acknowledged.delete(stream);
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #settle(): void {
    for (const [publication, { streams, cancel }] of this.#waiting) {
      if (streams.size > 0) continue;
      cancel();
      this.#waiting.delete(publication);
      this.#options.onSettled(publication);
    }
  }
}
