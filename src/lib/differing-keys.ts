/**
 * The keys that have another value (`!==`) in the second map than in the first, or are in only one of them. Values must
 * not be `undefined`. Allocates nothing for keys that do not differ.
 */
export function differingKeys<Key>(
  before: ReadonlyMap<Key, unknown>,
  after: ReadonlyMap<Key, unknown>,
): ReadonlySet<Key> {
  const differing = new Set<Key>();
  let added = 0;
  after.forEach((value, key) => {
    const old = before.get(key);
    if (old === undefined) added++;
    if (old !== value) differing.add(key);
  });
  if (before.size + added === after.size) return differing;
  for (const key of before.keys()) {
    if (!after.has(key)) differing.add(key);
  }
  return differing;
}
