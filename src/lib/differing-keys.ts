/**
 * The keys that have another value (`!==`) in the second map than in the first, or are in only one of them. Values must
 * not be `undefined`. Quick when most keys stand at the same place in both: then no key is looked up.
 */
export function differingKeys<Key>(
  before: ReadonlyMap<Key, unknown>,
  after: ReadonlyMap<Key, unknown>,
): ReadonlySet<Key> {
  const differing = new Set<Key>();
  const places = before.entries();
  let inStep = true;
  for (const [key, value] of after) {
    const place: readonly [Key, unknown] | undefined = inStep ? places.next().value : undefined;
    inStep &&= place?.[0] === key;
    if ((inStep ? place?.[1] : before.get(key)) !== value) differing.add(key);
  }
  if (inStep && before.size === after.size) return differing;
  for (const key of before.keys()) {
    if (!after.has(key)) differing.add(key);
  }
  return differing;
}
