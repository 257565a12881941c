/** Who was refused, and which objects say so. */
import { by, byFirst } from '../lib/order.ts';
import type { Grant, MeshModel, Workload } from '../mesh/model.ts';
import { describeRef } from '../objects/object-ref.ts';
import { type Call, type CallReport, describeRequest, outcomeOf } from './call.ts';
import { describeMatch, isMeantFor, matches } from './splits.ts';

export interface DenialView {
  readonly from: string;
  readonly request: string;
  /** `403`, or `closed` for a TCP connection. */
  readonly answer: string;
  /** What the sidecar that refused said, if it could say anything. */
  readonly said: string | undefined;
  /** Why the policies have it so. */
  readonly why: string;
  readonly count: number;
}

/** The refused calls, alike ones together. */
export function viewDenials(mesh: MeshModel, calls: readonly Call[]): readonly DenialView[] {
  const views = new Map<string, DenialView>();
  for (const call of calls) {
    const outcome = outcomeOf(call);
    if (outcome !== 'denied' && outcome !== 'closed') continue;
    const key = [call.from, describeRequest(call), call.status, call.denied].join('\n');
    const known = views.get(key);
    views.set(key, {
      from: call.from,
      request: describeRequest(call),
      answer: call.status === undefined ? 'closed' : String(call.status),
      said: call.denied,
      why: known?.why ?? whyDenied(mesh, call),
      count: (known?.count ?? 0) + 1,
    });
  }
  return [...views.values()].sort(
    byFirst(
      by((view) => view.from),
      by((view) => view.request),
    ),
  );
}

/** What the policies have against a call, in a sentence that names the objects. */
export function whyDenied(mesh: MeshModel, call: CallReport & { readonly from: string }): string {
  const caller = [...mesh.workloads.values()].find((workload) => workload.pod.name === call.from);
  if (caller === undefined) return `${call.from} has no sidecar, so it cannot prove who it is`;
  const toCaller = grantsTo(mesh, caller, call);
  if (toCaller.length === 0) return `no TrafficTarget has ${caller.serviceAccount} as a source for ${call.to}`;
  const refusing = toCaller.filter(
    ({ requests }) => requests !== 'any' && !requests.some((match) => matches(match, call)),
  );
  if (refusing.length < toCaller.length)
    return 'granted a moment ago, or revoked a moment ago: the call met the state before';
  return refusing
    .map(({ origin, requests }) => {
      const allowed = requests === 'any' ? ['everything'] : requests.map(describeMatch);
      return `${describeRef(origin)} allows ${caller.serviceAccount} only ${allowed.join(' or ')}`;
    })
    .join('; ');
}

/** The grants to a caller at every pod that a call could have been led to. */
function grantsTo(mesh: MeshModel, caller: Workload, call: CallReport): readonly Grant[] {
  const root = [...mesh.services.values()].find((service) => isMeantFor(call, service));
  if (root === undefined) return [];
  const { rules, otherwise } = root.routing;
  const ports = new Set([
    root.key,
    ...[otherwise, ...rules.map((rule) => rule.destinations)].flat().map(({ port }) => port),
  ]);
  const grants = [...mesh.workloads.values()]
    .flatMap(({ inbound }) => inbound)
    .filter(({ servicePorts }) => servicePorts.some((port) => ports.has(port)))
    .flatMap(({ access }) => access.grants)
    .filter(({ callers }) => callers.includes(caller.identity));
  return [...new Map(grants.map((grant) => [describeRef(grant.origin), grant])).values()];
}
