/**
 * What one proxy is to have: a few layers, most of which it shares with other proxies. A layer is a set of resources
 * and the names of it that this proxy is given. Nothing here is copied per proxy.
 */
import { type ResourceType, resourceTypes } from '../envoy/resource-type.ts';
import type { Resource } from './resource.ts';

export type ResourcesByName = ReadonlyMap<string, Resource>;

/** Resources by type and name. A type that did not change between two sets is the same map in both. */
export type ResourceSet = { readonly [T in ResourceType]: ResourcesByName };

export interface Layer {
  readonly resources: ResourceSet;
  /** The names of all types that the proxy is given; `all` of what is made for it alone. */
  readonly names: ReadonlySet<string> | 'all';
}

/** Where two layers have a resource of the same type and name, the first layer's counts. */
export interface Snapshot {
  readonly layers: readonly Layer[];
}

const noResources: ResourcesByName = new Map();

export const emptyResourceSet: ResourceSet = Object.fromEntries(
  resourceTypes.map((type) => [type, noResources]),
) as unknown as ResourceSet;

export const emptySnapshot: Snapshot = { layers: [] };

export function resourceOf(snapshot: Snapshot, type: ResourceType, name: string): Resource | undefined {
  for (const layer of snapshot.layers) {
    if (layer.names !== 'all' && !layer.names.has(name)) continue;
    const resource = layer.resources[type].get(name);
    if (resource !== undefined) return resource;
  }
  return undefined;
}

/** Whether what the snapshot gives by that name is from a layer made for one proxy, and not a part of a shared one. */
export function isOwn({ layers }: Snapshot, type: ResourceType, name: string): boolean {
  const giving = layers.find(
    (layer) => (layer.names === 'all' || layer.names.has(name)) && layer.resources[type].has(name),
  );
  return giving?.names === 'all';
}

/** Every resource of a type that the snapshot gives, each name once. */
export function* resourcesOf(snapshot: Snapshot, type: ResourceType): Generator<Resource> {
  const seen = snapshot.layers.length > 1 ? new Set<string>() : undefined;
  for (const layer of snapshot.layers) {
    for (const resource of layer.resources[type].values()) {
      if (layer.names !== 'all' && !layer.names.has(resource.name)) continue;
      if (seen?.has(resource.name)) continue;
      seen?.add(resource.name);
      yield resource;
    }
  }
}
