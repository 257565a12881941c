/** How traffic splits, wanted and seen. */
import type { Destinations, HttpMatch, MeshModel, ServicePort, ServicePortKey } from '../mesh/model.ts';
import { describeRef, type ObjectRef } from '../objects/object-ref.ts';
import { type Call, type CallReport, outcomeOf } from './call.ts';

export interface SplitView {
  /** `bookstore` */
  readonly service: string;
  /** Which requests it is about: `x-reader: beta`, `everything else`, `everything`. */
  readonly requests: string;
  /** The TrafficSplit that says so. */
  readonly origin: string;
  readonly shares: readonly SplitShare[];
}

export interface SplitShare {
  readonly backend: string;
  readonly weight: number;
  /** Answers from this backend's pods. */
  readonly count: number;
}

/** Every split of the mesh with what the calls say of it. Calls that no application answered say nothing. */
export function viewSplits(mesh: MeshModel, calls: readonly Call[]): readonly SplitView[] {
  return [...mesh.services.values()].flatMap((service) => {
    const answered = calls.filter((call) => outcomeOf(call) === 'answered' && isMeantFor(call, service));
    return viewService(mesh, service, answered);
  });
}

function viewService(mesh: MeshModel, service: ServicePort, calls: readonly CallReport[]): readonly SplitView[] {
  const { rules, otherwise, otherwiseSplit } = service.routing;
  const view = (requests: string, split: ObjectRef, destinations: Destinations, about: readonly CallReport[]) => ({
    service: service.service.name,
    requests,
    origin: describeRef(split),
    shares: countShares(mesh, destinations, about),
  });
  const ruleOf = (call: CallReport) => rules.find(({ match }) => matches(match, call));
  return [
    ...rules.map((rule) =>
      view(
        describeMatch(rule.match),
        rule.split,
        rule.destinations,
        calls.filter((call) => ruleOf(call) === rule),
      ),
    ),
    ...(otherwiseSplit === undefined
      ? []
      : [
          view(
            rules.length === 0 ? 'everything' : 'everything else',
            otherwiseSplit,
            otherwise,
            calls.filter((call) => ruleOf(call) === undefined),
          ),
        ]),
  ];
}

function countShares(mesh: MeshModel, destinations: Destinations, calls: readonly CallReport[]): readonly SplitShare[] {
  const counts = new Map<ServicePortKey | undefined, number>();
  for (const { by } of calls) {
    const backend = backendOf(mesh, destinations, by);
    counts.set(backend, (counts.get(backend) ?? 0) + 1);
  }
  const shares = destinations.map(({ port, weight }) => ({
    backend: mesh.services.get(port)?.service.name ?? port,
    weight,
    count: counts.get(port) ?? 0,
  }));
  const stray = counts.get(undefined) ?? 0;
  return stray === 0 ? shares : [...shares, { backend: 'somewhere else', weight: 0, count: stray }];
}

/**
 * The destination that a pod stands behind. A pod may stand behind several, a root that is its own backend among them:
 * then the one with the fewest endpoints is meant, which says most.
 */
function backendOf(mesh: MeshModel, destinations: Destinations, pod: string | undefined): ServicePortKey | undefined {
  const addresses = [...mesh.workloads.values()].find((workload) => workload.pod.name === pod)?.addresses ?? [];
  const behind = destinations
    .map(({ port }) => mesh.services.get(port))
    .filter((service) => service?.endpoints.some(({ address }) => addresses.includes(address)))
    .sort((a, b) => (a?.endpoints.length ?? 0) - (b?.endpoints.length ?? 0));
  return behind[0]?.key;
}

/** Whether a call was addressed to this service port: `service[.namespace[…]]:port`. */
export function isMeantFor(call: CallReport, { service, number }: ServicePort): boolean {
  const [host = '', port = '80'] = call.authority.split(':');
  const [name, namespace] = host.split('.');
  return name === service.name && (namespace ?? service.namespace) === service.namespace && Number(port) === number;
}

/** Whether a request has what the match asks for. The observer's own reading of the rules, to compare Envoy's with. */
export function matches(match: HttpMatch, call: CallReport): boolean {
  if (match.methods.length > 0 && !match.methods.includes(call.method ?? 'GET')) return false;
  if (match.pathPrefixRegex !== undefined && !new RegExp(`^(?:${match.pathPrefixRegex})`).test(call.path ?? '/')) {
    return false;
  }
  return match.headers.every(({ name, regex }) => {
    const value = name === ':authority' ? call.authority : call.headers?.[name];
    return value !== undefined && new RegExp(`^(?:${regex})$`).test(value);
  });
}

/** `GET|HEAD /books, x-reader: beta`: what a match asks for, in short. */
export function describeMatch(match: HttpMatch): string {
  const { methods, pathPrefixRegex, headers } = match;
  const request = [methods.join('|'), pathPrefixRegex ?? ''].filter((part) => part !== '').join(' ');
  const parts = [request, ...headers.map(({ name, regex }) => `${name}: ${regex}`)].filter((part) => part !== '');
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
