/** True when both arrays hold identical elements (`===`) in the same order. */
export function sameElements(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** Inputs are the same when identical, or when both are arrays of identical elements. */
function sameInput(a: unknown, b: unknown): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && sameElements(a, b));
}

function sameInputs(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (!sameInput(a[i], b[i])) return false;
  }
  return true;
}

/**
 * Remembers the last call of a pure function. As long as its inputs are the same (identical, or arrays of identical
 * elements), it returns the *same* output object, so that whoever memoises on that output stays untouched as well.
 */
export function memoizeLast<Inputs extends readonly unknown[], Output>(
  compute: (...inputs: Inputs) => Output,
): (...inputs: Inputs) => Output {
  let last: { readonly inputs: Inputs; readonly output: Output } | undefined;
  return (...inputs) => {
    if (last === undefined || !sameInputs(last.inputs, inputs)) last = { inputs, output: compute(...inputs) };
    return last.output;
  };
}

/**
 * `memoizeLast` for each key. Call `sweep` after a round: keys that were not asked for since the previous sweep are
 * forgotten, so memory follows the mesh.
 */
export class KeyedMemo<Key, Inputs extends readonly unknown[], Output> {
  readonly #compute: (key: Key, ...inputs: Inputs) => Output;
  #current = new Map<Key, { readonly inputs: Inputs; readonly output: Output; round: number }>();
  #round = 0;

  constructor(compute: (key: Key, ...inputs: Inputs) => Output) {
    this.#compute = compute;
  }

  get(key: Key, ...inputs: Inputs): Output {
    const known = this.#current.get(key);
    if (known !== undefined && sameInputs(known.inputs, inputs)) {
      known.round = this.#round;
      return known.output;
    }
    const output = this.#compute(key, ...inputs);
    this.#current.set(key, { inputs, output, round: this.#round });
    return output;
  }

  sweep(): void {
    this.#current.forEach((entry, key) => {
      if (entry.round !== this.#round) this.#current.delete(key);
    });
    this.#round++;
  }
}

/**
 * Maps the entries of successive maps. `create` makes a function for each key, which is asked again only when its key
 * has another value; a key that is left out once is forgotten. Quick when most keys stay where they were.
 */
export function memoizeEntries<Key, Value, Output>(
  create: (key: Key) => (value: Value) => Output,
): (map: ReadonlyMap<Key, Value>) => readonly Output[] {
  interface Entry {
    readonly key: Key;
    readonly compute: (value: Value) => Output;
    readonly value: Value;
    readonly output: Output;
  }
  let last: readonly Entry[] = [];
  return (map) => {
    const entries: Entry[] = [];
    let byKey: ReadonlyMap<Key, Entry> | undefined;
    map.forEach((value, key) => {
      let known = last[entries.length];
      if (known?.key !== key) {
        byKey ??= new Map(last.map((entry) => [entry.key, entry]));
        known = byKey.get(key);
      }
      if (known === undefined || known.value !== value) {
        const compute = known?.compute ?? create(key);
        known = { key, compute, value, output: compute(value) };
      }
      entries.push(known);
    });
    last = entries;
    return entries.map(({ output }) => output);
  };
}

/** Remembers a pure function's output for each input object, for as long as that object lives. */
export function memoizeByIdentity<Input extends object, Output>(
  compute: (input: Input) => Output,
): (input: Input) => Output {
  const outputs = new WeakMap<Input, { readonly output: Output }>();
  return (input) => {
    const known = outputs.get(input);
    if (known !== undefined) return known.output;
    const output = compute(input);
    outputs.set(input, { output });
    return output;
  };
}

/** Remembers the last map, and gives it again instead of one with identical entries in the same order. */
export function keepSameMap<Key, Value>(): (map: ReadonlyMap<Key, Value>) => ReadonlyMap<Key, Value> {
  let last: ReadonlyMap<Key, Value> = new Map();
  return (map) => {
    if (!sameEntries(last, map)) last = map;
    return last;
  };
}

function sameEntries<Key, Value>(a: ReadonlyMap<Key, Value>, b: ReadonlyMap<Key, Value>): boolean {
  if (a.size !== b.size) return false;
  const others = b.entries();
  for (const [key, value] of a) {
    const other = others.next().value;
    if (other === undefined || other[0] !== key || other[1] !== value) return false;
  }
  return true;
}
