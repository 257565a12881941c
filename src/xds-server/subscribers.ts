import { IdSet } from '../lib/id-set.ts';

/**
 * Which streams want which resources of one type: the reverse of what the streams' subscriptions say, so that a changed
 * resource leads to its streams without looking at any subscription. Streams are numbered by slot, names by id.
 */
export class Subscribers {
  readonly #everything = new IdSet();
  readonly #byName: (IdSet | undefined)[] = [];

  add(slot: number, id: number): void {
    let slots = this.#byName[id];
    if (slots === undefined) {
      slots = new IdSet();
      this.#byName[id] = slots;
    }
    slots.add(slot);
  }

  delete(slot: number, id: number): void {
    const slots = this.#byName[id];
    if (slots?.delete(slot) === true && slots.size === 0) this.#byName[id] = undefined;
  }

  addWildcard(slot: number): void {
    this.#everything.add(slot);
  }

  deleteWildcard(slot: number): void {
    this.#everything.delete(slot);
  }

  /** Visits the streams that want the resource, each once. */
  visit(id: number | undefined, each: (slot: number) => void): void {
    for (let slot = this.#everything.next(0); slot >= 0; slot = this.#everything.next(slot + 1)) each(slot);
    const slots = id === undefined ? undefined : this.#byName[id];
    if (slots === undefined) return;
    for (let slot = slots.next(0); slot >= 0; slot = slots.next(slot + 1)) {
      if (!this.#everything.has(slot)) each(slot);
    }
  }
}
