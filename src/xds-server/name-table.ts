import type { IdSet } from '../lib/id-set.ts';

/**
 * The names of one resource type, each with a small dense number, so that what thousands of streams know of thousands
 * of names fits into bits. Numbers mean something only within this process.
 */
export class NameTable {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];
  #free: number[] = [];

  /** How many names have a number. */
  get size(): number {
    return this.#ids.size;
  }

  /** The number of a name, which gets one if it has none. */
  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#free.pop() ?? this.#names.length;
    this.#ids.set(name, id);
    this.#names[id] = name;
    return id;
  }

  /** The number of a name that somebody asked for or was given; `undefined` when nobody ever did. */
  find(name: string): number | undefined {
    return this.#ids.get(name);
  }

  nameOf(id: number): string {
    return this.#names[id] ?? '';
  }

  /** Takes back the numbers of all names but these. The caller vouches that nobody keeps any of the others. */
  retain(inUse: IdSet): void {
    this.#free = [];
    for (let id = this.#names.length - 1; id >= 0; id--) {
      if (inUse.has(id)) continue;
      this.#ids.delete(this.nameOf(id));
      this.#names[id] = '';
      this.#free.push(id);
    }
  }
}
