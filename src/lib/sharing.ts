/**
 * Makes equal values the same: `share(value)` gives back an equal one that it was given before, if there was one lately.
 * For immutable JSON-like values of which thousands of objects have copies, such as the labels of a Deployment's pods;
 * those come one after another, so remembering the last `limit` distinct values is enough.
 */
export function createSharing(limit = 1024): <Value>(value: Value) => Value {
  const known = new Map<string, unknown>();
  return <Value>(value: Value): Value => {
    const key = JSON.stringify(value) ?? '';
    if (known.has(key)) return known.get(key) as Value;
    if (known.size >= limit) known.clear();
    known.set(key, value);
    return value;
  };
}
