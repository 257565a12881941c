import type { EnvoyResource, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { type ResourceType, resourceTypes } from '../envoy/resource-type.ts';
import { differingKeys } from '../lib/differing-keys.ts';

/** What each part of the mesh contributes to a set; of resources with the same type and name, the first counts. */
export type Parts = readonly (readonly EnvoyResource[])[];

const emptySet = Object.fromEntries(resourceTypes.map((type) => [type, new Map()])) as unknown as EnvoyResourceSet;

/**
 * Puts parts together to sets of resources, again and again. What did not change since the last set is the same object:
 * the maps of the types, and the set itself. Parts that stay cost a comparison each.
 */
export function stableResourceSets(): (parts: Parts) => EnvoyResourceSet {
  let parts: Parts = [];
  let set = emptySet;
  return (newParts) => {
    const replacements = findReplacements(parts, newParts);
    set = replacements === undefined ? gather(newParts, set) : replace(set, replacements);
    parts = newParts;
    return set;
  };
}

interface Replacement {
  readonly before: EnvoyResource;
  readonly after: EnvoyResource;
}

/** What stands in the place of what, if all places are for the same types and names as they were. */
function findReplacements(before: Parts, after: Parts): readonly Replacement[] | undefined {
  if (before.length !== after.length) return undefined;
  const replacements: Replacement[] = [];
  for (let index = 0; index < after.length; index++) {
    const old = before[index];
    const now = after[index];
    if (old === now || old === undefined || now === undefined) continue;
    if (old.length !== now.length) return undefined;
    for (const [place, resource] of now.entries()) {
      const replaced = old[place];
      if (replaced === resource) continue;
      if (replaced?.type !== resource.type || replaced.name !== resource.name) return undefined;
      replacements.push({ before: replaced, after: resource });
    }
  }
  return replacements;
}

function replace(set: EnvoyResourceSet, replacements: readonly Replacement[]): EnvoyResourceSet {
  const maps = new Map<ResourceType, Map<string, EnvoyResource>>();
  for (const { before, after } of replacements) {
    const { type, name } = after;
    const map = maps.get(type) ?? new Map<string, EnvoyResource>(set[type]);
    if (map.get(name) === before) maps.set(type, map.set(name, after));
  }
  return withMaps(set, maps);
}

function gather(parts: Parts, last: EnvoyResourceSet): EnvoyResourceSet {
  const maps = new Map(resourceTypes.map((type) => [type, new Map<string, EnvoyResource>()]));
  for (const part of parts) {
    for (const resource of part) {
      const map = maps.get(resource.type);
      if (map?.has(resource.name) === false) map.set(resource.name, resource);
    }
  }
  for (const [type, map] of maps) {
    if (differingKeys<string>(last[type], map).size === 0) maps.delete(type);
  }
  return withMaps(last, maps);
}

/** The set with other maps for some types; the set itself when there are none. */
const withMaps = (
  set: EnvoyResourceSet,
  maps: ReadonlyMap<ResourceType, ReadonlyMap<string, EnvoyResource>>,
): EnvoyResourceSet => (maps.size === 0 ? set : { ...set, ...Object.fromEntries(maps) });
