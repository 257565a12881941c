/** What is behind each service port: its endpoints, its pods, and who may answer for it. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { KeyedMemo, memoizeLast } from '../lib/memo.ts';
import { by, sortedUnique } from '../lib/order.ts';
import type { EndpointSlice, Service } from '../objects/core.ts';
import { type NamespacedName, namespacedName, type ObjectRef } from '../objects/object-ref.ts';
import { type DeclaredPort, declaredPorts } from './declared-ports.ts';
import { endpointsOf, type LocatedSlice, sliceNumber, targetNumber } from './endpoints.ts';
import type { Endpoint } from './model.ts';
import type { MeshPod, Pods } from './pods.ts';
import { keyOf } from './refs.ts';
import type { SpiffeId } from './spiffe-id.ts';

export interface Backing {
  readonly declared: DeclaredPort;
  readonly endpoints: readonly Endpoint[];
  /** All pods that the port leads to, ready or not, with the number that each serves it on. */
  readonly targets: readonly Target[];
  readonly servers: readonly SpiffeId[];
  /** No pod is behind it, or one that would let anybody in. */
  readonly unguarded: boolean;
  readonly origins: readonly ObjectRef[];
}

export interface Target {
  readonly pod: MeshPod;
  readonly number: number;
}

export interface Backings {
  /** Sorted by key. */
  readonly all: readonly Backing[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A Service's backings stay the same as long as it, its slices and its pods do. */
export function createBackings(): (
  services: ReadonlyMap<NamespacedName, Service>,
  slices: ReadonlyMap<NamespacedName, EndpointSlice>,
  pods: Pods,
) => Backings {
  const slicesByService = memoizeLast(groupByService);
  const locate = new KeyedMemo(
    (slice: EndpointSlice, pods: readonly (MeshPod | undefined)[]): LocatedSlice => ({ slice, pods }),
  );
  const backService = new KeyedMemo(
    (_key: NamespacedName, service: Service, slices: readonly LocatedSlice[], selected: readonly MeshPod[]) =>
      declaredPorts(service).ports.map((declared) => back(declared, slices, selected)),
  );

  return memoizeLast((services, sliceMap, pods) => {
    const slicesOf = slicesByService(sliceMap);
    const all: Backing[] = [];
    const diagnostics: Diagnostic[] = [];
    for (const service of services.values()) {
      const key = keyOf(service);
      const neighbours = pods.inNamespace(service.meta.namespace);
      const slices = (slicesOf.get(key) ?? []).map((slice) =>
        locate.get(
          slice,
          slice.endpoints.map(({ pod, address }) =>
            pod === undefined ? neighbours.byAddress(address) : neighbours.byName(pod),
          ),
        ),
      );
      const selected = neighbours.byLabels(service.selector ?? {});
      all.push(...backService.get(key, service, slices, selected));
      diagnostics.push(...declaredPorts(service).diagnostics);
    }
    all.sort(by(({ declared }) => declared.key));
    locate.sweep();
    backService.sweep();
    return { all, diagnostics };
  });
}

function groupByService(
  slices: ReadonlyMap<NamespacedName, EndpointSlice>,
): ReadonlyMap<NamespacedName, readonly EndpointSlice[]> {
  const sorted = [...slices.values()].sort(by(keyOf));
  return Map.groupBy(sorted, (slice) => namespacedName(slice.meta.namespace, slice.service));
}

function back(declared: DeclaredPort, slices: readonly LocatedSlice[], selected: readonly MeshPod[]): Backing {
  const endpoints = endpointsOf(declared, slices, selected);
  const targets = targetsOf(declared, slices, selected);
  return {
    declared,
    origins: [declared.ref],
    endpoints,
    targets,
    servers: sortedUnique(targets.filter(({ pod }) => pod.sidecar !== undefined).map(({ pod }) => pod.identity)),
    unguarded:
      targets.length === 0 ||
      targets.some(({ pod }) => pod.sidecar === undefined || pod.mode !== 'enforce') ||
      endpoints.some(({ sidecar }) => sidecar === undefined),
  };
}

/**
 * Both who is selected and who is in a slice: a pod's sidecar must know what it will serve before the pod is ready, and
 * slices come late. Only the Service's own namespace can be meant: nobody opens a port in another one.
 */
function targetsOf(
  declared: DeclaredPort,
  slices: readonly LocatedSlice[],
  selected: readonly MeshPod[],
): readonly Target[] {
  const targets = new Map<string, Target>();
  const add = (pod: MeshPod, number: number | undefined): void => {
    if (number !== undefined) targets.set(`${pod.key}:${number}`, { pod, number });
  };
  for (const pod of selected) add(pod, targetNumber(declared, pod));
  for (const { slice, pods } of slices) {
    for (const pod of pods) if (pod !== undefined) add(pod, sliceNumber(declared, slice));
  }
  return [...targets.values()];
}
