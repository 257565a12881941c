import type { EnvoyResource, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { type ResourceType, resourceTypes } from '../envoy/resource-type.ts';

const empty: EnvoyResourceSet = Object.fromEntries(
  resourceTypes.map((type) => [type, new Map()]),
) as unknown as EnvoyResourceSet;

/** The map of the values by name; `before` itself when it has just these. Where names repeat, the first counts. */
export function stableMap<K, V>(before: ReadonlyMap<K, V>, entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  const after = new Map<K, V>();
  let same = true;
  for (const [key, value] of entries) {
    if (after.has(key)) continue;
    after.set(key, value);
    same &&= before.get(key) === value;
  }
  return same && after.size === before.size ? before : after;
}

/** Makes sets of resources in which what did not change since the last one is the same object: types, and the set itself. */
export function stableResourceSets(): (resources: Iterable<EnvoyResource>) => EnvoyResourceSet {
  let before = empty;
  return (resources) => {
    const byType = new Map<ResourceType, [string, EnvoyResource][]>();
    for (const resource of resources) {
      const entries = byType.get(resource.type);
      if (entries === undefined) byType.set(resource.type, [[resource.name, resource]]);
      else entries.push([resource.name, resource]);
    }
    const after = Object.fromEntries(
      resourceTypes.map((type) => [type, stableMap<string, EnvoyResource>(before[type], byType.get(type) ?? [])]),
    ) as unknown as EnvoyResourceSet;
    if (resourceTypes.some((type) => after[type] !== before[type])) before = after;
    return before;
  };
}
