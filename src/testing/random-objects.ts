/** Random Kubernetes and SMI objects, valid and not, that have much to do with each other: for properties. */
import fc from 'fast-check';
import type { JsonMap } from '../lib/json.ts';

const apps = ['web', 'db'];
const accounts = ['web', 'dotted.name'];
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values);
const someOf = <T>(value: fc.Arbitrary<T>, most = 3) => fc.array(value, { maxLength: most });

/** Sense is needed more often than nonsense: objects must refer to each other for anything to come of them. */
const mostly = <T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: unusual });

const namespace = mostly(fc.constant('shop'), fc.constant('bank'));
const app = oneOf(apps);
const number = mostly(oneOf([80, 8080, 5432]), oneOf([443, 9090, 15006, 15001, 65535]));
/** Where applications listen, and so do sidecars: above the ports that only root may take. */
const targetNumber = mostly(oneOf([8080, 5432]), oneOf([9090, 15006, 15001, 65535]));
const portName = oneOf(['http', 'tcp-data', 'grpc', 'metrics', 'x']);

/** What people write, what nobody should, and what is there to do harm. */
const oddRegex = fc.oneof(
  oneOf([
    '/',
    '/api',
    '^/api$',
    '/a|/b',
    '.*',
    '',
    '(?i)/X',
    '/v[0-9]+/.*',
    '\\Qopen',
    'a{2,900}',
    '(',
    '[',
    '(?=x)',
    '\\1',
  ]),
  fc.string({ maxLength: 12 }),
  fc.stringMatching(/^[a-z/.*+?()[\]|\\^$-]{0,10}$/),
);
const regex = mostly(oneOf(['/', '/api', '^/api$', '/a|/b', '.*', '/v[0-9]+/.*']), oddRegex);
const oddHeaderName = fc.oneof(
  oneOf([
    'x-user',
    'X-User',
    'host',
    'Host',
    'cookie',
    ':authority',
    ':method',
    ':path',
    '',
    'a b',
    'ü',
    'content-length',
    'connection',
  ]),
  fc.string({ maxLength: 6 }),
);
const headerName = mostly(oneOf(['x-user', 'X-User', 'host', 'cookie']), oddHeaderName);
const method = oneOf(['GET', 'POST', '*', 'PATCH', 'CONNECT', 'get', 'TRACE']);
const weight = oneOf<unknown>([0, 1, 10, 90, 100, 1000, 4294967295, 4294967296, -1, 1.5, '500m', '1', '2k', 'x', null]);
const serviceName = mostly<string>(
  fc.oneof(
    app,
    app.map((name) => `${name}-v2`),
  ),
  oneOf(['web.shop', 'web.shop.svc.cluster.local', 'nobody', '']),
);
const when = oneOf([undefined, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']);

const metadata = (name: fc.Arbitrary<string>, annotations: fc.Arbitrary<JsonMap> = fc.constant({})) =>
  fc.record({ namespace, name, creationTimestamp: when, annotations });

/** Loopback addresses, which an Envoy on this machine can listen on. */
const ipv4 = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 250 }))
  .map(([a, b]) => `127.77.${a}.${b}`);
const ipv6 = fc.constant('::1');

const service = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Service'),
  metadata: metadata(
    fc.oneof(
      app,
      app.map((name) => `${name}-v2`),
    ),
  ),
  spec: fc
    .record({
      addresses: oneOf(['v4', 'dual', 'none', 'unassigned'] as const),
      last: fc.integer({ min: 1, max: 250 }),
      selector: fc.option(
        app.map((name) => ({ app: name })),
        { nil: undefined },
      ),
      publishNotReadyAddresses: fc.boolean(),
      ports: fc.uniqueArray(
        fc.record({
          name: portName,
          port: number,
          targetPort: fc.oneof(targetNumber, portName),
          protocol: oneOf(['TCP', 'TCP', 'TCP', 'UDP', 'SCTP']),
          appProtocol: oneOf([undefined, undefined, 'http', 'grpc', 'kubernetes.io/h2c', 'tcp', 'mysql', 'what']),
        }),
        { maxLength: 3, selector: ({ name }) => name },
      ),
    })
    .map(({ addresses, last, ...spec }) => {
      const v4 = `10.96.0.${last}`;
      const clusterIPs = { v4: [v4], dual: [v4, `fd96::${last.toString(16)}`], none: ['None'], unassigned: [] }[
        addresses
      ];
      return { ...spec, clusterIP: clusterIPs[0], clusterIPs };
    }),
});

const sidecarAnnotations = fc.record(
  {
    'smi-envoy.io/sidecar': mostly(oneOf(['transparent', 'explicit']), oneOf(['none', 'perhaps'])),
    'smi-envoy.io/mode': mostly(oneOf(['enforce', 'audit', 'permissive']), fc.constant('maybe')),
    'smi-envoy.io/inbound-port': oneOf(['15006', '16006', '0', 'x']),
    'smi-envoy.io/app-address': oneOf(['127.0.0.1', 'pod', '::1', 'x']),
    'smi-envoy.io/upstreams': oneOf(['16432=db:5432', '16433=cache.bank:9090, 16434=web:80', 'x', '99999=db:1']),
  },
  { requiredKeys: [] },
);

const pod = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Pod'),
  metadata: fc
    .tuple(
      metadata(
        fc.tuple(app, fc.integer({ min: 0, max: 2 })).map(([name, index]) => `${name}-${index}`),
        sidecarAnnotations,
      ),
      app,
    )
    .map(([meta, label]) => ({ ...meta, labels: { app: label } })),
  spec: fc.record({
    serviceAccountName: oneOf(accounts),
    containers: fc
      .record({ ports: someOf(fc.record({ name: portName, containerPort: targetNumber })) })
      .map((one) => [one]),
  }),
  status: fc.tuple(someOf(fc.oneof(ipv4, ipv6), 2), fc.boolean()).map(([ips, ready]) => ({
    podIP: ips[0],
    podIPs: ips.map((ip) => ({ ip })),
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  })),
});

const match = fc.record(
  {
    name: oneOf(['all', 'read', 'write']),
    pathRegex: regex,
    methods: someOf(method),
    headers: fc.oneof(
      fc.dictionary(headerName, regex, { maxKeys: 2 }),
      someOf(fc.dictionary(headerName, regex, { maxKeys: 1 }), 2),
    ),
  },
  { requiredKeys: ['name'] },
);

const routeGroup = fc.record({
  apiVersion: oneOf(['specs.smi-spec.io/v1alpha3', 'specs.smi-spec.io/v1alpha4']),
  kind: fc.constant('HTTPRouteGroup'),
  metadata: metadata(oneOf(['routes', 'more-routes'])),
  spec: fc.record({ matches: someOf(match) }),
});

const portRoute = fc.record({
  apiVersion: fc.constant('specs.smi-spec.io/v1alpha4'),
  kind: oneOf(['TCPRoute', 'UDPRoute']),
  metadata: metadata(oneOf(['ports', 'routes'])),
  spec: fc.record({ matches: fc.record({ ports: someOf(number) }, { requiredKeys: [] }) }, { requiredKeys: [] }),
});

const split = fc.record({
  apiVersion: oneOf(['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4']).map((version) => `split.smi-spec.io/${version}`),
  kind: fc.constant('TrafficSplit'),
  metadata: metadata(oneOf(['split', 'canary', 'other'])),
  spec: fc.record(
    {
      service: serviceName,
      backends: someOf(fc.record({ service: serviceName, weight }, { requiredKeys: ['service'] }), 4),
      matches: someOf(
        fc.record({ kind: fc.constant('HTTPRouteGroup'), name: oneOf(['routes', 'more-routes', 'nothing']) }),
      ),
    },
    { requiredKeys: ['service', 'backends'] },
  ),
});

const subject = fc.record(
  {
    kind: mostly(fc.constant('ServiceAccount'), fc.constant('IdentityBinding')),
    name: mostly(oneOf(accounts), oneOf(['binding', 'nobody', ''])),
    namespace,
  },
  { requiredKeys: ['kind', 'name'] },
);

const rule = fc.oneof(
  fc.record({
    kind: fc.constant('HTTPRouteGroup'),
    name: mostly(oneOf(['routes', 'more-routes']), fc.constant('none')),
  }),
  fc.record({
    kind: fc.constant('HTTPRouteGroup'),
    name: oneOf(['routes', 'more-routes']),
    matches: someOf(oneOf(['all', 'read', 'missing'])),
  }),
  fc.record({ kind: oneOf(['TCPRoute', 'UDPRoute', 'Other']), name: oneOf(['ports', 'routes']) }),
);

const target = fc.record({
  apiVersion: oneOf(['access.smi-spec.io/v1alpha2', 'access.smi-spec.io/v1alpha3']),
  kind: fc.constant('TrafficTarget'),
  metadata: metadata(oneOf(['allow', 'allow-more', 'third'])),
  spec: fc.record({
    destination: subject,
    rules: mostly(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.constant<never[]>([])),
    sources: mostly(fc.array(subject, { minLength: 1, maxLength: 3 }), fc.constant<never[]>([])),
  }),
});

const binding = fc.record({
  apiVersion: fc.constant('access.smi-spec.io/v1alpha4'),
  kind: fc.constant('IdentityBinding'),
  metadata: metadata(fc.constant('binding')),
  spec: fc.record({
    schemes: fc.record(
      {
        serviceAccount: oneOf(accounts),
        spiffeIdentities: someOf(
          oneOf(['cluster.local/ns/shop/sa/web', 'spiffe://cluster.local/ns/bank/sa/api', 'x', '']),
        ),
        podLabelSelector: fc.record({ matchLabels: app.map((name) => ({ app: name })) }),
      },
      { requiredKeys: [] },
    ),
  }),
});

/** A cluster's worth of raw objects, each named once. Much of it refers to each other, and some of it is nonsense. */
export const randomObjects: fc.Arbitrary<readonly JsonMap[]> = fc
  .tuple(
    fc.array(service, { minLength: 4, maxLength: 10 }),
    fc.array(pod, { minLength: 4, maxLength: 10 }),
    fc.array(routeGroup, { minLength: 1, maxLength: 4 }),
    someOf(portRoute),
    fc.array(split, { minLength: 1, maxLength: 4 }),
    fc.array(target, { minLength: 1, maxLength: 5 }),
    someOf(binding, 1),
  )
  .map((kinds) => {
    const named = new Map<string, JsonMap>();
    for (const object of kinds.flat()) {
      named.set(`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object);
    }
    return [...named.values()];
  });
