/** What differs between two states, found once for all proxies that share them. */
import { type ResourceType, resourceTypes } from '../envoy/resource-type.ts';
import { differingKeys } from '../lib/differing-keys.ts';
import type { Layer, ResourcesByName } from './snapshot.ts';

/** Names by type. */
export type ChangedNames = { readonly [T in ResourceType]: ReadonlySet<string> };

const noNames: ReadonlySet<string> = new Set();
const noChanges = Object.fromEntries(resourceTypes.map((type) => [type, noNames])) as unknown as ChangedNames;

/** Remembers a function of two objects for as long as both live. */
function memoizePair<A extends object, B extends object, Output>(compute: (a: A, b: B) => Output) {
  const known = new WeakMap<A, WeakMap<B, Output>>();
  return (a: A, b: B): Output => {
    let ofA = known.get(a);
    if (ofA === undefined) {
      ofA = new WeakMap();
      known.set(a, ofA);
    }
    let output = ofA.get(b);
    if (output === undefined) {
      output = compute(a, b);
      ofA.set(b, output);
    }
    return output;
  };
}

const changedResources = memoizePair(
  (before: ResourcesByName, after: ResourcesByName): ReadonlySet<string> =>
    new Set([...differingKeys(before, after)].filter((name) => before.get(name)?.version !== after.get(name)?.version)),
);

const changedMembership = memoizePair(
  (before: ReadonlySet<string>, after: ReadonlySet<string>): ReadonlySet<string> => before.symmetricDifference(after),
);

/**
 * The names, by type, of which the second layer gives something else than the first; remembered for each pair of
 * layers. May name a few that neither gives, where the layers' names differ.
 */
export const changedNames: (before: Layer, after: Layer) => ChangedNames = memoizePair((before, after) => {
  if (before.names === after.names && before.resources === after.resources) return noChanges;
  return Object.fromEntries(
    resourceTypes.map((type) => [type, changedOfType(type, before, after)]),
  ) as unknown as ChangedNames;
});

function changedOfType(type: ResourceType, before: Layer, after: Layer): ReadonlySet<string> {
  const [old, now] = [before.resources[type], after.resources[type]];
  const changed = old === now ? noNames : changedResources(old, now);
  if (before.names === after.names) {
    const names = after.names;
    if (names === 'all' || changed.size === 0) return changed;
    return new Set([...changed].filter((name) => names.has(name)));
  }
  if (before.names === 'all' || after.names === 'all') return new Set([...old.keys(), ...now.keys()]);
  const joinedOrLeft = [...changedMembership(before.names, after.names)].filter(
    (name) => old.has(name) || now.has(name),
  );
  return joinedOrLeft.length === 0 && changed.size === 0 ? noNames : new Set([...joinedOrLeft, ...changed]);
}
