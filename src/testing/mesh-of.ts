/** Builds a mesh and reads it in few words, for tests that are about what it says. */
import assert from 'node:assert/strict';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { createMeshBuilder } from '../mesh/build.ts';
import type { Destinations, HttpMatch, InboundPort, MeshModel, Routing, ServicePort } from '../mesh/model.ts';
import { defaultMeshOptions, type MeshOptions } from '../mesh/options.ts';
import { refKey } from '../objects/object-ref.ts';
import { stateOf } from './builders.ts';

export const meshOf = (...changes: readonly ObjectChange[]): MeshModel => meshWith({}, ...changes);

export const meshWith = (options: Partial<MeshOptions>, ...changes: readonly ObjectChange[]): MeshModel =>
  createMeshBuilder({ ...defaultMeshOptions, ...options })(stateOf(...changes));

export function portOf(mesh: MeshModel, key: string): ServicePort {
  const port = [...mesh.services.values()].find((each) => each.key === key);
  assert.ok(port !== undefined, `there is no service port ${key}, only ${[...mesh.services.keys()].join(', ')}`);
  return port;
}

/** `['10.0.0.1:80', '10.0.0.2:80 draining']` */
export const endpointsAt = (mesh: MeshModel, key: string): readonly string[] =>
  portOf(mesh, key).endpoints.map(
    ({ address, port, health }) => `${address}:${port}${health === 'draining' ? ' draining' : ''}`,
  );

/** `{ 'shop/v1/80': 90, 'shop/v2/80': 10 }` */
const shares = (destinations: Destinations): Readonly<Record<string, number>> =>
  Object.fromEntries(destinations.map(({ port, weight }) => [port, weight]));

/** Where traffic goes that no rule matches. */
export const otherwiseAt = (mesh: MeshModel, key: string): Readonly<Record<string, number>> =>
  shares(portOf(mesh, key).routing.otherwise);

/** `[['api', { 'shop/v2/80': 1 }]]`: the rules by the names of their matches. */
export const rulesAt = (
  mesh: MeshModel,
  key: string,
): readonly (readonly [string, Readonly<Record<string, number>>])[] =>
  portOf(mesh, key).routing.rules.map(({ match, destinations }) => [match.name, shares(destinations)]);

/** The keys of the objects that a routing is from. */
export const originsOf = (routing: Routing): readonly string[] => routing.origins.map(refKey);

export function inboundOf(mesh: MeshModel, pod: string): readonly InboundPort[] {
  const workload = [...mesh.workloads.values()].find(({ pod: ref }) => `${ref.namespace}/${ref.name}` === pod);
  assert.ok(workload !== undefined, `there is no workload ${pod}`);
  return workload.inbound;
}

/** What is granted on a port of a pod: `['web from shop/client, shop/other: any']`, or the names of the matches. */
export function grantsAt(mesh: MeshModel, pod: string, number: number): readonly string[] {
  const port = inboundOf(mesh, pod).find((each) => each.number === number);
  assert.ok(port !== undefined, `pod ${pod} has no port ${number}`);
  return port.access.grants.map(({ origin, callers, requests }) => {
    const who = callers.map((caller) => caller.replace('spiffe://cluster.local/ns/', '').replace('/sa/', '/'));
    const what = requests === 'any' ? 'any' : requests.map((match: HttpMatch) => match.name).join(' ');
    return `${origin.name} from ${who.join(', ')}: ${what}`;
  });
}

/** `['warning BackendMissing TrafficSplit/shop/canary spec.backends[1].service']` */
export const problemsOf = (mesh: MeshModel): readonly string[] =>
  mesh.diagnostics.map(({ severity, reason, object, field }) => {
    const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
    return `${severity} ${reason} ${object.kind}/${name} ${field}`;
  });

export const reachOf = (mesh: MeshModel, identity: string): readonly string[] => [
  ...([...mesh.reach].find(([id]) => id === `spiffe://cluster.local/ns/${identity.replace('/', '/sa/')}`)?.[1] ?? []),
];
