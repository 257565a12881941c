import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { printResource } from '../envoy/print.ts';
import { type ResourceType, resourceTypes, resourceTypeTable } from '../envoy/resource-type.ts';
import { by } from '../lib/order.ts';
import { refKey } from '../objects/object-ref.ts';
import type { Resource } from '../snapshot/resource.ts';
import { resourcesOf, type Snapshot } from '../snapshot/snapshot.ts';

export interface PrintedResource {
  readonly name: string;
  readonly version: string;
  /** The objects that it was made from. */
  readonly origins: readonly string[];
  readonly resource: unknown;
}

/** Everything that a proxy is given, by type and sorted by name, as a person reads it and without private keys. */
export const printSnapshot = (snapshot: Snapshot): Readonly<Record<ResourceType, readonly PrintedResource[]>> =>
  Object.fromEntries(
    resourceTypes.map((type) => [
      type,
      [...resourcesOf(snapshot, type)].sort(by(({ name }) => name)).map((resource) => ({
        name: resource.name,
        version: resource.version,
        origins: resource.origins.map(refKey),
        resource: printResource(decode(resource)),
      })),
    ]),
  ) as unknown as Readonly<Record<ResourceType, readonly PrintedResource[]>>;

const decode = ({ type, name, bytes, origins }: Resource): EnvoyResource =>
  ({ type, name, message: resourceTypeTable[type].decode(bytes), origins }) as EnvoyResource;
