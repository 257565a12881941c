/** Who must know which service ports. */
import { append } from '../lib/grouping.ts';
import { KeyedMemo, keepSameMap, memoizeLast } from '../lib/memo.ts';
import { byString, sortedUnique } from '../lib/order.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { Backing } from './backings.ts';
import type { ServicePortKey, Workload } from './model.ts';
import type { SpiffeId } from './spiffe-id.ts';

/** Ports that are split, with the other ports that each can lead to. */
export type Edges = ReadonlyMap<ServicePortKey, readonly ServicePortKey[]>;

/** Who is granted anything at all on the pods behind a port. Sorted. */
export type Callers = ReadonlyMap<ServicePortKey, readonly SpiffeId[]>;

export interface Reach {
  /** See `MeshModel.reach`. */
  readonly byIdentity: ReadonlyMap<SpiffeId, ReadonlySet<ServicePortKey>>;
  /** See `ServicePort.openToAll`. */
  readonly openToAll: ReadonlySet<ServicePortKey>;
}

export function createCallers(): (workloads: ReadonlyMap<NamespacedName, Workload>) => Callers {
  const stable = new KeyedMemo((_port: ServicePortKey, callers: readonly SpiffeId[]) => callers);
  const same = keepSameMap<ServicePortKey, readonly SpiffeId[]>();
  return memoizeLast((workloads) => {
    const granted = new Map<ServicePortKey, Set<SpiffeId>>();
    for (const { inbound } of workloads.values()) {
      for (const { servicePorts, access } of inbound) {
        if (access.grants.length === 0) continue;
        for (const port of servicePorts) {
          const callers = granted.get(port) ?? new Set();
          for (const grant of access.grants) for (const caller of grant.callers) callers.add(caller);
          granted.set(port, callers);
        }
      }
    }
    const callers = new Map([...granted].map(([port, ids]) => [port, stable.get(port, sortedUnique(ids))] as const));
    stable.sweep();
    return same(callers);
  });
}

/**
 * The result is the same, and so is each identity's set, until somebody is granted something else or a split leads
 * somewhere else. Weights do not count.
 */
export function createReach(): (callers: Callers, backings: readonly Backing[], edges: Edges) => Reach {
  const toSet = new KeyedMemo(
    (_identity: SpiffeId, ports: readonly ServicePortKey[]): ReadonlySet<ServicePortKey> => new Set(ports),
  );
  const same = keepSameMap<SpiffeId, ReadonlySet<ServicePortKey>>();
  return memoizeLast((callers, backings, edges) => {
    const roots = reverse(edges);
    const unguarded = backings.filter((backing) => backing.unguarded).map(({ declared }) => declared.key);
    const openToAll = closure(unguarded, roots, edges);

    const granted = new Map<SpiffeId, ServicePortKey[]>();
    for (const [port, ids] of callers) for (const id of ids) append(granted, id, port);
    const byIdentity = new Map<SpiffeId, ReadonlySet<ServicePortKey>>();
    for (const [identity, ports] of [...granted].sort(([a], [b]) => byString(a, b))) {
      const known = [...closure(ports, roots, edges)].filter((port) => !openToAll.has(port));
      byIdentity.set(identity, toSet.get(identity, known.sort(byString)));
    }
    toSet.sweep();
    return { byIdentity: same(byIdentity), openToAll };
  });
}

function reverse(edges: Edges): Edges {
  const roots = new Map<ServicePortKey, ServicePortKey[]>();
  for (const [root, destinations] of edges) for (const port of destinations) append(roots, port, root);
  return roots;
}

/** The ports, the roots that lead to them, and all that any of these leads to. */
function closure(ports: readonly ServicePortKey[], roots: Edges, edges: Edges): ReadonlySet<ServicePortKey> {
  const known = new Set(ports);
  for (const port of ports) for (const root of roots.get(port) ?? []) known.add(root);
  // A set that grows while it is walked: what is added is walked as well.
  for (const port of known) for (const destination of edges.get(port) ?? []) known.add(destination);
  return known;
}
