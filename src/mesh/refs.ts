/** References to the objects a mesh is built from. The same object always gives the same reference. */

import type { ObjectKind } from '../cluster/cluster-state.ts';
import { memoizeByIdentity } from '../lib/memo.ts';
import type { ObjectMeta } from '../objects/object-meta.ts';
import {
  type ApiGroup,
  byRef,
  type NamespacedName,
  namespacedName,
  type ObjectRef,
  refKey,
} from '../objects/object-ref.ts';

export interface Named {
  readonly meta: ObjectMeta;
}

const groups: { readonly [K in ObjectKind]: ApiGroup } = {
  Service: '',
  Pod: '',
  ServiceAccount: '',
  Namespace: '',
  EndpointSlice: 'discovery.k8s.io',
  TrafficSplit: 'split.smi-spec.io',
  TrafficTarget: 'access.smi-spec.io',
  IdentityBinding: 'access.smi-spec.io',
  HTTPRouteGroup: 'specs.smi-spec.io',
  TCPRoute: 'specs.smi-spec.io',
  UDPRoute: 'specs.smi-spec.io',
};

const refMaker = (kind: ObjectKind): ((object: Named) => ObjectRef) =>
  memoizeByIdentity(({ meta }) => ({ group: groups[kind], kind, namespace: meta.namespace, name: meta.name }));

export const serviceRef = refMaker('Service');
export const podRef = refMaker('Pod');
export const namespaceRef = refMaker('Namespace');
export const trafficSplitRef = refMaker('TrafficSplit');
export const trafficTargetRef = refMaker('TrafficTarget');
export const identityBindingRef = refMaker('IdentityBinding');
export const routeGroupRef = refMaker('HTTPRouteGroup');

export const keyOf = ({ meta }: Named): NamespacedName => namespacedName(meta.namespace, meta.name);

/** The distinct references, in order. */
export function sortedRefs(refs: Iterable<ObjectRef>): readonly ObjectRef[] {
  const byKey = new Map<string, ObjectRef>();
  for (const ref of refs) byKey.set(refKey(ref), ref);
  return [...byKey.values()].sort(byRef);
}
