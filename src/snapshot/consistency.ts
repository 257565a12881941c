import type { Reference } from '../envoy/references.ts';
import { resourceTypes } from '../envoy/resource-type.ts';
import type { Resource } from './resource.ts';
import { resourceOf, resourcesOf, type Snapshot } from './snapshot.ts';

/** A resource that a proxy is given, and what it refers to that the proxy is not given. */
export interface DanglingReference {
  readonly from: Resource;
  readonly to: Reference;
}

/**
 * The references of a snapshot's resources that lead nowhere: an Envoy would wait for them while warming, or answer
 * 503. A snapshot without any is consistent. Visits every resource of the snapshot.
 */
export function danglingReferences(snapshot: Snapshot): readonly DanglingReference[] {
  const dangling: DanglingReference[] = [];
  for (const type of resourceTypes) {
    for (const from of resourcesOf(snapshot, type)) {
      for (const to of from.references) {
        if (resourceOf(snapshot, to.type, to.name) === undefined) dangling.push({ from, to });
      }
    }
  }
  return dangling;
}
