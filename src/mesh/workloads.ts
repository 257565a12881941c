/** The pods with a sidecar. */
import { byDiagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import { append } from '../lib/grouping.ts';
import { KeyedMemo, keepSameMap, memoizeLast } from '../lib/memo.ts';
import type { NamespacedName, ObjectRef } from '../objects/object-ref.ts';
import { allowsAnything } from './access.ts';
import type { Backing } from './backings.ts';
import type { DeclaredPort } from './declared-ports.ts';
import { type Arrival, arrivalAt, type Inbound, serveAlike } from './inbound.ts';
import { servicePortKey, type Workload } from './model.ts';
import { hasSidecar, type MeshPod, type Pods, type PodWithSidecar } from './pods.ts';
import { warningOn } from './report.ts';
import type { ResolvedTarget, Targets } from './targets.ts';
import { openUpstreams, transports } from './upstreams.ts';

export interface Workloads {
  /** Sorted by namespace and name. */
  readonly byPod: ReadonlyMap<NamespacedName, Workload>;
  readonly diagnostics: readonly Diagnostic[];
}

interface Made {
  readonly workload: Workload;
  readonly diagnostics: readonly Diagnostic[];
}

/** A workload is the same as long as its pod, the service ports that lead to it and the targets that name it are. */
export function createWorkloads(): (pods: Pods, backings: readonly Backing[], targets: Targets) => Workloads {
  const arrivals = memoizeLast(arrivalsByPod);
  const declarations = memoizeLast(
    (backings: readonly Backing[]) => new Map(backings.map(({ declared }) => [declared.key, declared] as const)),
  );
  let serve = serveAlike();
  const serveOf = new KeyedMemo(
    (_key: NamespacedName, pod: MeshPod, arrivals: readonly Arrival[], targets: readonly ResolvedTarget[]) =>
      serve(pod, arrivals, targets),
  );
  const make = new KeyedMemo(
    (_key: NamespacedName, pod: PodWithSidecar, inbound: Inbound, reachable: readonly (DeclaredPort | undefined)[]) =>
      makeWorkload(pod, inbound, reachable),
  );

  const same = keepSameMap<NamespacedName, Workload>();

  return memoizeLast((pods, backings, targets) => {
    const arriving = arrivals(backings);
    const declared = declarations(backings);
    const byPod = new Map<NamespacedName, Workload>();
    const diagnostics: Diagnostic[] = [];
    const applied = new Set<ResolvedTarget>();
    for (const pod of pods.all) {
      if (!hasSidecar(pod)) continue;
      const meant = targets.of(pod);
      const inbound = serveOf.get(pod.key, pod, arriving.get(pod.key) ?? none, meant);
      if (inbound.ports.length > 0) for (const target of meant) applied.add(target);
      const made = make.get(
        pod.key,
        pod,
        inbound,
        pod.upstreams.length === 0
          ? none
          : pod.upstreams.flatMap(({ service, port }) =>
              transports.map((transport) =>
                declared.get(servicePortKey(service.namespace, service.name, port, transport)),
              ),
            ),
      );
      byPod.set(pod.key, made.workload);
      if (made.diagnostics.length > 0) diagnostics.push(...made.diagnostics);
    }
    serve = serveAlike();
    serveOf.sweep();
    make.sweep();
    diagnostics.push(...unfit(applied, byPod));
    return { byPod: same(byPod), diagnostics: distinct(diagnostics) };
  });
}

const none: readonly never[] = [];

function arrivalsByPod(backings: readonly Backing[]): ReadonlyMap<NamespacedName, readonly Arrival[]> {
  const arrivals = new Map<NamespacedName, Arrival[]>();
  for (const { declared, targets } of backings) {
    for (const { pod, number } of targets) {
      if (pod.sidecar !== undefined) append(arrivals, pod.key, arrivalAt(declared, number));
    }
  }
  return arrivals;
}

function makeWorkload(pod: PodWithSidecar, inbound: Inbound, reachable: readonly (DeclaredPort | undefined)[]): Made {
  const upstreams = openUpstreams(pod, reachable);
  return {
    workload: {
      pod: pod.ref,
      identity: pod.identity,
      serviceAccount: pod.pod.serviceAccount,
      addresses: pod.pod.ips,
      sidecar: pod.sidecar,
      mode: pod.mode,
      appAddress: pod.appAddress,
      outboundPort: pod.outboundPort,
      inbound: inbound.ports,
      upstreams: upstreams.open,
    },
    diagnostics: [...inbound.diagnostics, ...upstreams.diagnostics],
  };
}

/** Targets whose rules fit none of the ports that they could open, although each rule is right in itself. */
function unfit(
  applied: ReadonlySet<ResolvedTarget>,
  workloads: ReadonlyMap<NamespacedName, Workload>,
): readonly Diagnostic[] {
  const granting = new Set<ObjectRef>();
  for (const { inbound } of workloads.values()) {
    for (const { access } of inbound) for (const { origin } of access.grants) granting.add(origin);
  }
  return [...applied]
    .filter(({ ref, allowed }) => !granting.has(ref) && allowsAnything(allowed))
    .map(({ ref }) => {
      const message = 'No port of the destination’s pods fits the rules and their ports, so nothing is allowed.';
      return warningOn('NoPortMatched', ref, 'spec.rules', message);
    });
}

/** What is wrong with a Service is found on each of its pods, and said once. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const sorted = diagnostics.toSorted(byDiagnostic);
  return sorted.filter((diagnostic, index) => {
    const before = sorted[index - 1];
    return before === undefined || byDiagnostic(before, diagnostic) !== 0;
  });
}
