/**
 * Everything that was read, at one instant, as one immutable value. Sources make it; the mesh is built from it and from
 * nothing else. An untouched object is the same object in the next state, and an untouched kind the same map.
 */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { EndpointSlice, Namespace, Pod, Service, ServiceAccount } from '../objects/core.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { HTTPRouteGroup, IdentityBinding, PortRoute, TrafficSplit, TrafficTarget } from '../smi/model.ts';

/** The kinds of object that a ClusterState holds, and the type of each. */
export interface ObjectsByKind {
  readonly Service: Service;
  readonly EndpointSlice: EndpointSlice;
  readonly Pod: Pod;
  readonly ServiceAccount: ServiceAccount;
  readonly Namespace: Namespace;
  readonly TrafficSplit: TrafficSplit;
  readonly TrafficTarget: TrafficTarget;
  readonly IdentityBinding: IdentityBinding;
  readonly HTTPRouteGroup: HTTPRouteGroup;
  readonly TCPRoute: PortRoute;
  readonly UDPRoute: PortRoute;
}

export type ObjectKind = keyof ObjectsByKind;

export const objectKinds = [
  'Service',
  'EndpointSlice',
  'Pod',
  'ServiceAccount',
  'Namespace',
  'TrafficSplit',
  'TrafficTarget',
  'IdentityBinding',
  'HTTPRouteGroup',
  'TCPRoute',
  'UDPRoute',
] as const satisfies readonly ObjectKind[];

export type ClusterState = {
  readonly [K in ObjectKind]: ReadonlyMap<NamespacedName, ObjectsByKind[K]>;
} & {
  /** What could not be decoded, or not wholly, said of the object or file it was found in. */
  readonly problems: readonly Diagnostic[];
};

/** One decoded object was added, replaced or removed (`object` undefined). */
export type ObjectChange = {
  readonly [K in ObjectKind]: {
    readonly kind: K;
    readonly key: NamespacedName;
    readonly object: ObjectsByKind[K] | undefined;
  };
}[ObjectKind];

export const emptyClusterState: ClusterState = {
  ...(Object.fromEntries(objectKinds.map((kind) => [kind, new Map()])) as unknown as ClusterState),
  problems: [],
};

/** The state after the changes. Kinds without a change keep their map; with no change at all the state itself returns. */
export function applyChanges(
  state: ClusterState,
  changes: readonly ObjectChange[],
  problems: readonly Diagnostic[] = state.problems,
): ClusterState {
  const maps = new Map<ObjectKind, Map<NamespacedName, unknown>>();
  for (const { kind, key, object } of changes) {
    if (state[kind].get(key) === object && !maps.has(kind)) continue;
    let map = maps.get(kind);
    if (map === undefined) {
      map = new Map<NamespacedName, unknown>(state[kind]);
      maps.set(kind, map);
    }
    if (object === undefined) map.delete(key);
    else map.set(key, object);
  }
  if (maps.size === 0 && problems === state.problems) return state;
  return { ...state, ...(Object.fromEntries(maps) as unknown as ClusterState), problems };
}
