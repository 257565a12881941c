/**
 * Small builders of cluster states for tests: each takes `namespace/name` and only what the test is about. Sensible
 * defaults stand in for the rest.
 */
import {
  applyChanges,
  type ClusterState,
  emptyClusterState,
  type ObjectChange,
  type ObjectKind,
  type ObjectsByKind,
} from '../cluster/cluster-state.ts';
import type { EndpointSlice, Pod, Service, ServicePort, SliceEndpoint } from '../objects/core.ts';
import type { ObjectMeta } from '../objects/object-meta.ts';
import { namespacedName } from '../objects/object-ref.ts';
import type { HTTPRouteMatch, IdentityBinding, Subject, TrafficTarget } from '../smi/model.ts';

export const stateOf = (...changes: readonly ObjectChange[]): ClusterState => applyChanges(emptyClusterState, changes);

interface Metadata {
  readonly created?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Without their prefix: `{ mode: 'audit' }`. */
  readonly annotations?: Readonly<Record<string, string>>;
}

function metaOf(name: string, { created, labels = {}, annotations = {} }: Metadata): ObjectMeta {
  const [namespace = '', own = ''] = name.includes('/') ? name.split('/') : ['', name];
  return {
    namespace,
    name: own,
    creationTimestamp: created,
    labels,
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`smi-envoy.io/${key}`, value])),
  };
}

const put = <K extends ObjectKind>(kind: K, object: ObjectsByKind[K]): ObjectChange =>
  ({ kind, key: namespacedName(object.meta.namespace, object.meta.name), object }) as unknown as ObjectChange;

export const removed = (change: ObjectChange): ObjectChange => ({ ...change, object: undefined });

type WrittenPort = number | (Partial<ServicePort> & { readonly port: number });

const portOf = (written: WrittenPort): ServicePort => {
  const { port, ...rest } = typeof written === 'number' ? { port: written } : written;
  return { name: undefined, targetPort: port, protocol: 'TCP', appProtocol: undefined, ...rest, port };
};

interface WrittenService extends Metadata, Partial<Omit<Service, 'meta' | 'ports'>> {
  readonly ports?: readonly WrittenPort[];
}

/** By default it has port 80 and selects the pods with the label `app: <its name>`. */
export function service(name: string, written: WrittenService = {}): ObjectChange {
  const meta = metaOf(name, written);
  return put('Service', {
    meta,
    clusterIPs: written.clusterIPs ?? [],
    headless: written.headless ?? false,
    externalName: written.externalName,
    selector: 'selector' in written ? written.selector : { app: meta.name },
    publishNotReadyAddresses: written.publishNotReadyAddresses ?? false,
    ports: (written.ports ?? [80]).map(portOf),
  });
}

interface WrittenPod extends Metadata, Partial<Omit<Pod, 'meta' | 'containerPorts'>> {
  readonly containerPorts?: Readonly<Record<string, number>>;
  readonly udpPorts?: Readonly<Record<string, number>>;
}

/** By default it is ready, has the label `app` and the service account of its name up to the first `-`, and no sidecar. */
export function pod(name: string, written: WrittenPod = {}): ObjectChange {
  const app = name.replace(/^.*\//, '').replace(/-.*$/, '');
  const meta = metaOf(name, { labels: { app }, ...written });
  const ports = (protocol: 'TCP' | 'UDP', named: Readonly<Record<string, number>> = {}) =>
    Object.entries(named).map(([portName, port]) => ({ name: portName, port, protocol }));
  return put('Pod', {
    meta,
    serviceAccount: written.serviceAccount ?? app,
    ips: written.ips ?? ['10.0.0.1'],
    ready: written.ready ?? true,
    terminating: written.terminating ?? false,
    finished: written.finished ?? false,
    hostNetwork: written.hostNetwork ?? false,
    hostname: written.hostname,
    subdomain: written.subdomain,
    containerPorts: [...ports('TCP', written.containerPorts), ...ports('UDP', written.udpPorts)],
  });
}

/** A pod with a transparent sidecar. */
export const meshPod = (name: string, written: WrittenPod = {}): ObjectChange =>
  pod(name, { ...written, annotations: { sidecar: 'transparent', ...written.annotations } });

interface WrittenSlice extends Metadata {
  readonly service: string;
  readonly addressType?: EndpointSlice['addressType'];
  /** Port numbers by name; the empty name is that of an unnamed port. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly endpoints: readonly (Partial<SliceEndpoint> & { readonly address: string })[];
}

/** By default its endpoints are ready, and serve the unnamed port on 80. */
export function endpointSlice(name: string, written: WrittenSlice): ObjectChange {
  return put('EndpointSlice', {
    meta: metaOf(name, written),
    service: written.service,
    addressType: written.addressType ?? 'IPv4',
    ports: Object.entries(written.ports ?? { '': 80 }).map(([portName, port]) => ({
      name: portName === '' ? undefined : portName,
      port,
      protocol: 'TCP' as const,
    })),
    endpoints: written.endpoints.map((endpoint) => ({
      ready: true,
      serving: endpoint.ready ?? true,
      terminating: false,
      pod: undefined,
      hostname: undefined,
      zone: undefined,
      ...endpoint,
    })),
  });
}

export const namespace = (name: string, written: Metadata = {}): ObjectChange =>
  put('Namespace', { meta: metaOf(name, written) });

interface WrittenSplit extends Metadata {
  readonly service: string;
  /** Weights by service; a list where a service occurs twice. */
  readonly backends: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
  readonly matches?: readonly string[];
}

export function trafficSplit(name: string, written: WrittenSplit): ObjectChange {
  const backends: readonly (readonly [string, number])[] = Array.isArray(written.backends)
    ? (written.backends as readonly (readonly [string, number])[])
    : Object.entries(written.backends);
  return put('TrafficSplit', {
    meta: metaOf(name, written),
    service: written.service,
    backends: backends.map(([backend, weight]) => ({ service: backend, weight })),
    matches: written.matches ?? [],
  });
}

/** `reviews` or `bookstore/reviews`: a service account; `binding:reviews`: an identity binding. */
function subjectOf(written: string, ownNamespace: string): Subject {
  const kind = written.startsWith('binding:') ? 'IdentityBinding' : 'ServiceAccount';
  const [name = '', namespaceName = ownNamespace] = written
    .replace(/^binding:/, '')
    .split('/')
    .reverse();
  return { kind, namespace: namespaceName, name };
}

interface WrittenTarget extends Metadata {
  readonly to: string;
  readonly from: readonly string[];
  /** `HTTPRouteGroup/api`, `HTTPRouteGroup/api#read,write` for some of its matches, `TCPRoute/any`, `UDPRoute/dns`. */
  readonly rules: readonly string[];
  readonly port?: number;
}

export function trafficTarget(name: string, written: WrittenTarget): ObjectChange {
  const meta = metaOf(name, written);
  return put('TrafficTarget', {
    meta,
    destination: subjectOf(written.to, meta.namespace),
    destinationPort: written.port,
    sources: written.from.map((source) => subjectOf(source, meta.namespace)),
    rules: written.rules.map((rule) => {
      const [, kind, route = '', , matches] = /^(\w+)\/([^#]*)(#(.*))?$/.exec(rule) ?? [];
      return {
        kind: kind as TrafficTarget['rules'][number]['kind'],
        name: route,
        matches: matches?.split(','),
      };
    }),
  });
}

export function routeGroup(name: string, ...matches: readonly Partial<HTTPRouteMatch>[]): ObjectChange {
  return put('HTTPRouteGroup', {
    meta: metaOf(name, {}),
    matches: matches.map((match, index) => ({
      name: `match-${index}`,
      pathRegex: undefined,
      methods: [],
      headers: [],
      ...match,
    })),
  });
}

export const tcpRoute = (name: string, ...ports: readonly number[]): ObjectChange =>
  put('TCPRoute', { meta: metaOf(name, {}), ports });

export const udpRoute = (name: string, ...ports: readonly number[]): ObjectChange =>
  put('UDPRoute', { meta: metaOf(name, {}), ports });

export const identityBinding = (name: string, written: Partial<Omit<IdentityBinding, 'meta'>>): ObjectChange =>
  put('IdentityBinding', {
    meta: metaOf(name, {}),
    podSelectors: [],
    spiffeIdentities: [],
    serviceAccount: undefined,
    ...written,
  });
