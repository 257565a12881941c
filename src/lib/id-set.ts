/**
 * A set of small non-negative integers, kept as bits: a thousand members cost 125 bytes. For ids that are handed out
 * densely; a single huge id costs the memory of all below it.
 */
export class IdSet {
  #words: Uint32Array;
  #size = 0;

  constructor(ids: Iterable<number> = []) {
    this.#words = none;
    for (const id of ids) this.add(id);
  }

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    const word = this.#words[id >>> 5];
    return word !== undefined && (word & (1 << (id & 31))) !== 0;
  }

  /** True when the id was not a member before. */
  add(id: number): boolean {
    const index = id >>> 5;
    const word = this.#words[index] ?? this.#grow(index);
    const bit = 1 << (id & 31);
    if ((word & bit) !== 0) return false;
    this.#words[index] = word | bit;
    this.#size++;
    return true;
  }

  /** True when the id was a member before. */
  delete(id: number): boolean {
    const index = id >>> 5;
    const word = this.#words[index];
    const bit = 1 << (id & 31);
    if (word === undefined || (word & bit) === 0) return false;
    this.#words[index] = word & ~bit;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#words = none;
    this.#size = 0;
  }

  addAll(other: IdSet): void {
    const words = other.#words;
    for (let index = 0; index < words.length; index++) {
      const added = words[index] ?? 0;
      if (added === 0) continue;
      const word = this.#words[index] ?? this.#grow(index);
      this.#words[index] = word | added;
      this.#size += bitCount(added & ~word);
    }
  }

  /**
   * The smallest member that is at least `from`, or -1. `for (let id = set.next(0); id >= 0; id = set.next(id + 1))`
   * visits all in ascending order without an allocation; members may be added and deleted on the way.
   */
  next(from: number): number {
    const words = this.#words;
    let index = from >>> 5;
    let word = (words[index] ?? 0) & (-1 << (from & 31));
    while (word === 0) {
      index++;
      if (index >= words.length) return -1;
      word = words[index] ?? 0;
    }
    return index * 32 + 31 - Math.clz32(word & -word);
  }

  /** In ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (let id = this.next(0); id >= 0; id = this.next(id + 1)) yield id;
  }

  /** Makes room for the word at the index; returns its value, which is 0. */
  #grow(index: number): number {
    const words = new Uint32Array(Math.max(index + 1, Math.ceil(this.#words.length * 1.25)));
    words.set(this.#words);
    this.#words = words;
    return 0;
  }
}

const none = new Uint32Array(0);

function bitCount(word: number): number {
  let rest = word - ((word >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
