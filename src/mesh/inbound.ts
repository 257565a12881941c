/** What a pod serves, and to whom. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { append } from '../lib/grouping.ts';
import { memoizeByIdentity, sameElements } from '../lib/memo.ts';
import { by, byFirst, sortedUnique } from '../lib/order.ts';
import { describeRef } from '../objects/object-ref.ts';
import { grantOf } from './access.ts';
import type { DeclaredPort } from './declared-ports.ts';
import type { AccessMode, InboundPort } from './model.ts';
import type { MeshPod } from './pods.ts';
import { byPrecedence } from './precedence.ts';
import { sortedRefs } from './refs.ts';
import { warningOn } from './report.ts';
import type { ResolvedTarget } from './targets.ts';

/** A service port that leads to a pod, and the number it is served on there. */
export interface Arrival {
  readonly declared: DeclaredPort;
  readonly number: number;
}

/** The same port and number always give the same arrival. */
export function arrivalAt(declared: DeclaredPort, number: number): Arrival {
  const known = arrivals(declared);
  const arrival = known.get(number) ?? { declared, number };
  known.set(number, arrival);
  return arrival;
}

const arrivals = memoizeByIdentity((_declared: DeclaredPort) => new Map<number, Arrival>());

export interface Inbound {
  readonly ports: readonly InboundPort[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Finds out what pods serve. Those of the same making serve the same, and are given the same, as long as they are asked
 * for here.
 */
export function serveAlike(): (
  pod: MeshPod,
  arrivals: readonly Arrival[],
  targets: readonly ResolvedTarget[],
) => Inbound {
  const known = new Map<Arrival, { readonly reasons: Reasons; readonly inbound: Inbound }[]>();
  return (pod, arrivals, targets) => {
    const [first] = arrivals;
    if (first === undefined) return nothing;
    const reasons: Reasons = { mode: pod.mode, udpObstacle: udpObstacle(pod), arrivals, targets };
    const alike = known.get(first)?.find((other) => sameReasons(other.reasons, reasons));
    if (alike !== undefined) return alike.inbound;
    const inbound = serve(reasons);
    append(known, first, { reasons, inbound });
    return inbound;
  };
}

/** All that decides what a pod serves. */
interface Reasons {
  readonly mode: AccessMode;
  /** Why its sidecar does not see UDP. */
  readonly udpObstacle: string | undefined;
  readonly arrivals: readonly Arrival[];
  readonly targets: readonly ResolvedTarget[];
}

const sameReasons = (a: Reasons, b: Reasons): boolean =>
  a.mode === b.mode &&
  a.udpObstacle === b.udpObstacle &&
  sameElements(a.arrivals, b.arrivals) &&
  sameElements(a.targets, b.targets);

const nothing: Inbound = { ports: [], diagnostics: [] };

function serve({ mode, udpObstacle, arrivals, targets }: Reasons): Inbound {
  const ports: InboundPort[] = [];
  const diagnostics: Diagnostic[] = [];
  const byPort = Map.groupBy(arrivals, ({ declared, number }) => `${number} ${declared.transport}`);
  for (const [decider, ...others] of byPort.values().map((group) => group.toSorted(byDecision))) {
    if (decider === undefined) continue;
    const all = [decider, ...others];
    const { number } = decider;
    const { protocol, http2 } = decider.declared;
    const named = { number, protocol, serviceNumbers: all.map(({ declared }) => declared.number) };
    ports.push({
      number,
      protocol,
      http2,
      servicePorts: sortedUnique(all.map(({ declared }) => declared.key)),
      access: {
        mode,
        grants: targets.map((target) => grantOf(target, named)).filter((grant) => grant !== undefined),
      },
      origins: sortedRefs(all.map(({ declared }) => declared.ref)),
    });
    if (protocol === 'udp' && udpObstacle !== undefined) {
      const granting = targets.filter((target) => grantOf(target, named) !== undefined);
      diagnostics.push(...granting.map(({ ref }) => warningOn('UnsupportedKind', ref, 'spec.rules', udpObstacle)));
    }
    for (const { declared } of others) {
      if (declared.protocol !== protocol) diagnostics.push(protocolConflict(declared, decider));
    }
  }
  ports.sort(
    byFirst(
      by((port) => port.number),
      by((port) => port.protocol),
    ),
  );
  return { ports, diagnostics };
}

/**
 * Why the pod's sidecar does not see the UDP that is sent to the pod; `undefined`: it does. Like `protocolConflict` it
 * says nothing of the pod.
 */
function udpObstacle({ sidecar, appAddress, pod }: MeshPod): string | undefined {
  if (sidecar?.mode !== 'explicit') {
    return 'UDP is not intercepted, so it passes by transparent sidecars: there, UDP rules keep nobody out.';
  }
  if (appAddress === undefined || !pod.ips.includes(appAddress)) return undefined;
  return 'Where an application listens on its pod’s own address its sidecar cannot, and UDP rules keep nobody out.';
}

/** Where service ports differ about a pod's port, the oldest Service decides; within one, its lowest port. */
const byDecision = byFirst<Arrival>(
  (a, b) => byPrecedence(a.declared.service, b.declared.service),
  by(({ declared }) => declared.number),
);

/** Says nothing of the pod: the same sentence for all pods of a Service is one diagnostic. */
function protocolConflict({ ref, field, number, protocol }: DeclaredPort, decider: Arrival): Diagnostic {
  const other = `port ${decider.declared.number} of ${describeRef(decider.declared.ref)}`;
  const message =
    `Port ${number} is ${protocol.toUpperCase()}, but it leads to pods’ port ${decider.number} as does ${other}, ` +
    `which decides for ${decider.declared.protocol.toUpperCase()}.`;
  return warningOn('ProtocolConflict', ref, field, message);
}
