/**
 * Who is behind a service port, as kube-proxy sees it.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
 */
import { by, byFirst } from '../lib/order.ts';
import type { EndpointSlice, Service } from '../objects/core.ts';
import type { DeclaredPort } from './declared-ports.ts';
import { familyOf } from './ip.ts';
import type { Endpoint } from './model.ts';
import type { MeshPod } from './pods.ts';

interface Candidate {
  readonly address: string;
  readonly port: number;
  readonly pod: MeshPod | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** A slice, and the pod of each of its endpoints where there is one. */
export interface LocatedSlice {
  readonly slice: EndpointSlice;
  readonly pods: readonly (MeshPod | undefined)[];
}

/**
 * The endpoints of a port, sorted by address and port: from the Service's EndpointSlices if there are any, else from the
 * pods it selects.
 *
 * Ready endpoints take the traffic. Without any, those that terminate but still serve take it; beside ready ones they
 * are draining.
 */
export function endpointsOf(
  port: DeclaredPort,
  slices: readonly LocatedSlice[],
  selected: readonly MeshPod[],
): readonly Endpoint[] {
  const candidates =
    slices.length > 0
      ? slices.flatMap((slice) => candidatesOfSlice(port, slice))
      : selected.flatMap((pod) => candidatesOfPod(port, pod));
  const chosen = oneFamily(port.service, distinct(candidates));
  const anyReady = chosen.some(({ ready }) => ready);
  const endpoints: Endpoint[] = [];
  for (const { address, port: number, pod, ready, serving, terminating } of chosen) {
    const drains = !ready && serving && terminating;
    if (!ready && !drains) continue;
    endpoints.push({
      address,
      port: number,
      health: drains && anyReady ? 'draining' : 'ready',
      sidecar: pod?.sidecar,
    });
  }
  return endpoints;
}

/** The number that a pod serves a port on. `undefined`: the port's target is a name that the pod does not have. */
export function targetNumber(port: DeclaredPort, { pod }: MeshPod): number | undefined {
  const { targetPort, protocol } = port.spec;
  if (typeof targetPort === 'number') return targetPort;
  return pod.containerPorts.find(({ name, protocol: own }) => name === targetPort && own === protocol)?.port;
}

/** The number that a slice gives a port. Slices carry a Service's ports by name. */
export function sliceNumber(port: DeclaredPort, slice: EndpointSlice): number | undefined {
  const { name, protocol } = port.spec;
  return slice.ports.find((own) => (own.name ?? '') === (name ?? '') && own.protocol === protocol)?.port;
}

function candidatesOfSlice(port: DeclaredPort, { slice, pods }: LocatedSlice): readonly Candidate[] {
  const number = sliceNumber(port, slice);
  if (number === undefined) return [];
  return slice.endpoints.map(({ address, ready, serving, terminating }, index) => ({
    address,
    port: number,
    pod: pods[index],
    ready,
    serving,
    terminating,
  }));
}

function candidatesOfPod(port: DeclaredPort, pod: MeshPod): readonly Candidate[] {
  const number = targetNumber(port, pod);
  if (number === undefined) return [];
  const { ips, ready, terminating } = pod.pod;
  return ips.map((address) => ({
    address,
    port: number,
    pod,
    ready: port.service.publishNotReadyAddresses || (ready && !terminating),
    serving: ready,
    terminating,
  }));
}

const byAddressAndPort = byFirst<Candidate>(
  by(({ address }) => address),
  by(({ port }) => port),
);

const byUsefulness = byFirst<Candidate>(
  by(({ ready }) => (ready ? 0 : 1)),
  by(({ serving }) => (serving ? 0 : 1)),
  by(({ terminating }) => (terminating ? 1 : 0)),
);

/** While slices are rewritten an endpoint may stand in two of them; the better state counts. */
function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const sorted = candidates.toSorted(byFirst(byAddressAndPort, byUsefulness));
  return sorted.filter((candidate, index) => {
    const before = sorted[index - 1];
    return before === undefined || byAddressAndPort(before, candidate) !== 0;
  });
}

/**
 * Of a pod that has addresses of both families, the one of the Service's own (first) family: a pod must not count twice,
 * and many applications listen on one family only. Clients of a headless Service choose the address by themselves.
 */
function oneFamily(service: Service, candidates: readonly Candidate[]): readonly Candidate[] {
  const [first] = service.clusterIPs;
  if (first === undefined) return candidates;
  const family = familyOf(first);
  const reached = new Set(
    candidates.filter(({ address }) => familyOf(address) === family).map(({ pod, port }) => seat(pod, port)),
  );
  return candidates.filter(
    ({ address, pod, port }) => pod === undefined || familyOf(address) === family || !reached.has(seat(pod, port)),
  );
}

const seat = (pod: MeshPod | undefined, port: number): string => `${pod?.key ?? ''}:${port}`;
