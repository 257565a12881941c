import type { ObjectChange } from '../cluster/cluster-state.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Source, SourceListener, SourceStatus } from '../sources/source.ts';
import { StateStore } from '../sources/state-store.ts';

/** A source of what a test says. What is applied before it is started, or before `reveal`, is its first state. */
export class MemorySource implements Source {
  readonly #store = new StateStore();
  readonly #clock: Clock;
  #listener: SourceListener | undefined;
  #revealed: boolean;

  /** With `hidden`, it has not read everything until `reveal` is called. */
  constructor(options: { readonly hidden?: boolean; readonly clock?: Clock } = {}) {
    this.#revealed = options.hidden !== true;
    this.#clock = options.clock ?? systemClock;
  }

  apply(...changes: readonly ObjectChange[]): void {
    for (const change of changes) this.#store.stage(change, this.#clock.now());
    this.#tell();
  }

  report(...problems: readonly Diagnostic[]): void {
    this.#store.report('', problems, this.#clock.now());
    this.#tell();
  }

  reveal(): void {
    this.#revealed = true;
    this.#tell();
  }

  start(listener: SourceListener): void {
    setImmediate(() => {
      this.#listener = listener;
      this.#tell();
    });
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
  }

  status(): readonly SourceStatus[] {
    return [{ part: 'memory', condition: this.#revealed ? 'live' : 'starting', message: '' }];
  }

  #tell(): void {
    if (!this.#revealed || this.#listener === undefined) return;
    const update = this.#store.publish();
    if (update !== undefined) this.#listener.onUpdate(update);
  }
}
