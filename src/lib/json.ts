/** A map as JSON has it: what is in it is not known yet. */
export type JsonMap = Readonly<Record<string, unknown>>;

export const isJsonMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True when two JSON values say the same. The order of a map's keys says nothing; that of a list's elements does. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => sameJson(element, b[i]));
  }
  if (!isJsonMap(a) || !isJsonMap(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}

/** The map with a key set to a value, or without it where the value is `undefined`. Other keys keep their order. */
export function withKey(map: JsonMap, key: string, value: unknown): JsonMap {
  if (value !== undefined) return { ...map, [key]: value };
  const { [key]: _, ...rest } = map;
  return rest;
}
