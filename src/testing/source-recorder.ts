import assert from 'node:assert/strict';
import type { ClusterState } from '../cluster/cluster-state.ts';
import type { SourceListener, SourceStatus, SourceUpdate } from '../sources/source.ts';

/** Milliseconds. Only ever used up by a test that fails. */
const patience = 30_000;

/** Listens to a source, remembers what it says, and lets a test wait for it to say something. */
export class SourceRecorder implements SourceListener {
  readonly updates: SourceUpdate[] = [];
  readonly statuses: SourceStatus[] = [];
  readonly #waiting = new Set<() => void>();

  readonly onUpdate = (update: SourceUpdate): void => {
    this.updates.push(update);
    for (const check of this.#waiting) check();
  };

  readonly onStatus = (status: SourceStatus): void => {
    this.statuses.push(status);
    for (const check of this.#waiting) check();
  };

  get latest(): ClusterState {
    const update = this.updates.at(-1);
    assert.ok(update !== undefined, 'the source has given no state yet');
    return update.state;
  }

  /** The first state, from the latest on, of which the sentence is true. */
  state(sentence: string, holds: (state: ClusterState) => boolean): Promise<ClusterState> {
    return this.#until(sentence, () => {
      const state = this.updates.at(-1)?.state;
      return state !== undefined && holds(state) ? state : undefined;
    });
  }

  /** The first status of which the sentence is true, of all that were or will be told. */
  statusOf(sentence: string, holds: (status: SourceStatus) => boolean): Promise<SourceStatus> {
    return this.#until(sentence, () => this.statuses.find(holds));
  }

  /** Waits until something is true that can become so only when the source says something. */
  async until(sentence: string, holds: () => boolean): Promise<void> {
    await this.#until(sentence, () => holds() || undefined);
  }

  #until<T>(sentence: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        outcome();
      };
      const check = () => {
        const found = find();
        if (found !== undefined) settle(() => resolve(found));
      };
      const timer = setTimeout(() => {
        const last = this.updates.at(-1);
        const seen = JSON.stringify({ statuses: this.statuses.slice(-5), problems: last?.state.problems });
        settle(() => reject(new Error(`waited in vain until ${sentence}; last seen: ${seen}`)));
      }, patience);
      this.#waiting.add(check);
      check();
    });
  }
}
