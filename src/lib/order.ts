/** Compares two strings by code unit: the same order on every machine, whatever its locale. */
export const byString = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Compares by the first ordering that tells the two apart. */
export const byFirst =
  <T>(...orders: readonly ((a: T, b: T) => number)[]) =>
  (a: T, b: T): number => {
    for (const order of orders) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return 0;
  };

/** Compares by a key of the elements. */
export const by =
  <T, K extends string | number>(key: (element: T) => K) =>
  (a: T, b: T): number => {
    const [ka, kb] = [key(a), key(b)];
    return ka < kb ? -1 : ka > kb ? 1 : 0;
  };

/** The distinct strings of the input, in code unit order. */
export const sortedUnique = <S extends string>(values: Iterable<S>): readonly S[] =>
  [...new Set(values)].sort(byString);
