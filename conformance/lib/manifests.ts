/** Kubernetes objects as users write them, in few words. Everything is in the namespace `shop` unless it says otherwise. */

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export const namespace = 'shop';

const manifest = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: Readonly<Record<string, unknown>>,
  metadata: Readonly<Record<string, unknown>> = {},
): Manifest => ({ apiVersion, kind, metadata: { name, namespace, ...metadata }, ...fields });

export interface PodOptions {
  readonly serviceAccount: string;
  readonly addresses: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Without `smi-envoy.io/`. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of its container. */
  readonly ports?: readonly { readonly name: string; readonly containerPort: number; readonly protocol?: 'UDP' }[];
  readonly ready?: boolean;
  /** It is being deleted. */
  readonly terminating?: boolean;
}

export function pod(name: string, options: PodOptions): Manifest {
  const { serviceAccount, addresses, labels = {}, annotations = {}, ports = [], ready = true, terminating } = options;
  const prefixed = Object.entries(annotations).map(([key, value]) => [`smi-envoy.io/${key}`, value]);
  const fields = {
    spec: { serviceAccountName: serviceAccount, containers: [{ name: 'app', ports }] },
    status: {
      phase: 'Running',
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
  return manifest('v1', 'Pod', name, fields, {
    labels,
    annotations: Object.fromEntries(prefixed),
    ...(terminating === true ? { deletionTimestamp: '2030-01-01T00:00:00Z' } : {}),
  });
}

export interface PortOptions {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly appProtocol?: string;
  readonly protocol?: 'UDP';
}

export interface ServiceOptions {
  /** `None` is a headless service. */
  readonly clusterIPs: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly PortOptions[];
}

export const service = (name: string, { clusterIPs, selector, ports }: ServiceOptions): Manifest =>
  manifest('v1', 'Service', name, {
    spec: {
      clusterIP: clusterIPs[0],
      clusterIPs,
      selector,
      ports: ports.map((port) => ({ name: `p${port.port}`, ...port })),
    },
  });

/** `matches`: the route groups whose requests it is about. */
export const split = (
  name: string,
  root: string,
  weights: Readonly<Record<string, number>>,
  ...matches: readonly string[]
): Manifest =>
  manifest('split.smi-spec.io/v1alpha4', 'TrafficSplit', name, {
    spec: {
      service: root,
      backends: Object.entries(weights).map(([backend, weight]) => ({ service: backend, weight })),
      ...(matches.length === 0 ? {} : { matches: matches.map((group) => ({ kind: 'HTTPRouteGroup', name: group })) }),
    },
  });

/** `rules`: `HTTPRouteGroup/name`, `HTTPRouteGroup/name/match`, `TCPRoute/name` or `UDPRoute/name`. */
export const target = (
  name: string,
  { from, to, rules }: { readonly from: readonly string[]; readonly to: string; readonly rules: readonly string[] },
): Manifest =>
  manifest('access.smi-spec.io/v1alpha3', 'TrafficTarget', name, {
    spec: {
      destination: { kind: 'ServiceAccount', name: to },
      sources: from.map((source) => ({ kind: 'ServiceAccount', name: source })),
      rules: rules.map((rule) => {
        const [kind, group, match] = rule.split('/');
        return { kind, name: group, ...(match === undefined ? {} : { matches: [match] }) };
      }),
    },
  });

export interface MatchOptions {
  readonly name: string;
  readonly pathRegex?: string;
  readonly methods?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const routeGroup = (name: string, ...matches: readonly MatchOptions[]): Manifest =>
  manifest('specs.smi-spec.io/v1alpha4', 'HTTPRouteGroup', name, { spec: { matches } });

export const tcpRoute = (name: string, ...ports: readonly number[]): Manifest =>
  manifest('specs.smi-spec.io/v1alpha4', 'TCPRoute', name, { spec: { matches: { ports } } });

export const udpRoute = (name: string, ...ports: readonly number[]): Manifest =>
  manifest('specs.smi-spec.io/v1alpha4', 'UDPRoute', name, { spec: { matches: { ports } } });
