/** What a pod serves, and to whom. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { memoizeByIdentity } from '../lib/memo.ts';
import { by, byFirst, sortedUnique } from '../lib/order.ts';
import { describeRef } from '../objects/object-ref.ts';
import { grantOf } from './access.ts';
import type { DeclaredPort } from './declared-ports.ts';
import type { InboundPort } from './model.ts';
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

export function serve(pod: MeshPod, arrivals: readonly Arrival[], targets: readonly ResolvedTarget[]): Inbound {
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
        mode: pod.mode,
        grants: targets.map((target) => grantOf(target, named)).filter((grant) => grant !== undefined),
      },
      origins: sortedRefs(all.map(({ declared }) => declared.ref)),
    });
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
