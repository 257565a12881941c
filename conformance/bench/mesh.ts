/** The mesh that is measured: as Kubernetes JSON, so that a real API server can hold it. */

export interface BenchMesh {
  readonly namespace: string;
  readonly objects: readonly KubernetesObject[];
  /** The pods whose sidecars are simulated. */
  readonly nodes: readonly { readonly id: string; readonly cluster: string }[];
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export const namespace = 'bench';
export const rootPort = 8080;

const serviceName = (index: number) => `service-${String(index).padStart(4, '0')}`;
const address = (service: number, endpoint: number) =>
  `10.${64 + Math.floor(service / 250)}.${service % 250}.${10 + endpoint}`;

/** Service 0 is the root of the split whose weights are changed; its backends are services 1 and 2. */
export const splitRoot = serviceName(0);
export const splitBackends = [serviceName(1), serviceName(2)] as const;

export const split = (weight: number): KubernetesObject => ({
  apiVersion: 'split.smi-spec.io/v1alpha4',
  kind: 'TrafficSplit',
  metadata: { name: 'measured', namespace },
  spec: {
    service: splitRoot,
    backends: [
      { service: splitBackends[0], weight },
      { service: splitBackends[1], weight: 100 - weight },
    ],
  },
});

/**
 * Services with five endpoints each, every endpoint a pod with a sidecar and every service an identity of its own.
 * `sidecars` pods are simulated callers, spread over `callerIdentities` identities; a TrafficTarget for each service
 * grants them all, so every sidecar has every service (enforced, not permissive).
 */
export function benchMesh(services: number, sidecars: number, callerIdentities = 20): BenchMesh {
  const sources = Array.from({ length: callerIdentities }, (_, index) => ({
    kind: 'ServiceAccount',
    name: `caller-${index}`,
    namespace,
  }));
  const sidecar = { 'smi-envoy.io/sidecar': 'transparent' };
  const pod = (name: string, app: string, serviceAccount: string, ip: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app }, annotations: sidecar },
    spec: {
      serviceAccountName: serviceAccount,
      automountServiceAccountToken: false,
      containers: [{ name: 'app', image: 'app', ports: [{ containerPort: rootPort }] }],
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  });
  const objects: KubernetesObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'specs.smi-spec.io/v1alpha4',
      kind: 'HTTPRouteGroup',
      metadata: { name: 'everything', namespace },
      spec: { matches: [{ name: 'all', pathRegex: '/', methods: ['*'] }] },
    },
  ];
  const account = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });
  for (const { name } of sources) objects.push(account(name));
  const nodes = Array.from({ length: sidecars }, (_, index) => {
    const serviceAccount = `caller-${index % callerIdentities}`;
    const name = `${serviceAccount}-${Math.floor(index / callerIdentities)}`;
    objects.push(pod(name, 'caller', serviceAccount, `10.60.${Math.floor(index / 250)}.${index % 250}`));
    return { id: `${namespace}/${name}`, cluster: `${namespace}/${serviceAccount}` };
  });
  for (let index = 0; index < services; index++) {
    const name = serviceName(index);
    const endpoints = Array.from({ length: 5 }, (_, endpoint) => ({
      pod: `${name}-${endpoint}`,
      ip: address(index, endpoint),
    }));
    objects.push(
      account(name),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: {
          clusterIP: `10.96.${4 + Math.floor(index / 250)}.${1 + (index % 250)}`,
          selector: { app: name },
          ports: [{ name: 'http', port: rootPort, targetPort: rootPort }],
        },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: rootPort, protocol: 'TCP' }],
        endpoints: endpoints.map(({ pod: podName, ip }) => ({
          addresses: [ip],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: 'Pod', namespace, name: podName },
        })),
      },
      ...endpoints.map((endpoint) => pod(endpoint.pod, name, name, endpoint.ip)),
      {
        apiVersion: 'access.smi-spec.io/v1alpha3',
        kind: 'TrafficTarget',
        metadata: { name, namespace },
        spec: {
          destination: { kind: 'ServiceAccount', name, namespace },
          rules: [{ kind: 'HTTPRouteGroup', name: 'everything' }],
          sources,
        },
      },
    );
  }
  objects.push(split(90));
  return { namespace, objects, nodes };
}
