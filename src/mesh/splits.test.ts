import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { routeGroup, service, trafficSplit } from '../testing/builders.ts';
import { meshOf, originsOf, otherwiseAt, portOf, problemsOf, rulesAt } from '../testing/mesh-of.ts';

const services = [service('shop/web'), service('shop/v1'), service('shop/v2'), service('shop/v3')];

type Shares = Readonly<Record<string, number>>;
type Row = readonly [objects: readonly ObjectChange[], otherwise: Shares, problems?: readonly string[]];

const rows: Readonly<Record<string, Row>> = {
  'without a split a service goes to its own endpoints': [[], { 'shop/web/80': 1 }],
  'R11: weights are what was written, whatever their sum': [
    [trafficSplit('shop/s', { service: 'web', backends: { v1: 900, v2: 100 } })],
    { 'shop/v1/80': 900, 'shop/v2/80': 100 },
  ],
  'R10: the root may be written as an FQDN': [
    [trafficSplit('shop/s', { service: 'web.shop.svc.cluster.local.', backends: { v1: 1 } })],
    { 'shop/v1/80': 1 },
  ],
  'R10: backends may be written as an FQDN': [
    [trafficSplit('shop/s', { service: 'web', backends: { 'v1.shop.svc.cluster.local': 1 } })],
    { 'shop/v1/80': 1 },
  ],
  'R10: a root in another namespace is not split': [
    [service('other/web'), trafficSplit('shop/s', { service: 'web.other', backends: { v1: 1 } })],
    { 'shop/web/80': 1 },
    ['error RootNotSupported TrafficSplit/shop/s spec.service'],
  ],
  'R10: a root outside of the cluster is not split': [
    [trafficSplit('shop/s', { service: 'api.example.com', backends: { v1: 1 } })],
    { 'shop/web/80': 1 },
    ['error RootNotSupported TrafficSplit/shop/s spec.service'],
  ],
  'R10: an ExternalName is not split': [
    [
      service('shop/ext', { externalName: 'example.com' }),
      trafficSplit('shop/s', { service: 'ext', backends: { v1: 1 } }),
    ],
    { 'shop/web/80': 1 },
    ['error RootNotSupported TrafficSplit/shop/s spec.service'],
  ],
  'R10: a root that does not exist yet is only reported': [
    [trafficSplit('shop/s', { service: 'gone', backends: { v1: 1 } })],
    { 'shop/web/80': 1 },
    ['warning RootNotFound TrafficSplit/shop/s spec.service'],
  ],
  'R12: a backend without a port of the same number is left out': [
    [
      service('shop/v2', { ports: [{ port: 8080, targetPort: 80 }] }),
      trafficSplit('shop/s', { service: 'web', backends: { v1: 90, v2: 10 } }),
    ],
    { 'shop/v1/80': 90 },
    ['warning PortMismatch TrafficSplit/shop/s spec.backends[1].service'],
  ],
  'R12: a backend with the number for UDP only is left out of TCP': [
    [
      service('shop/v2', { ports: [{ port: 80, protocol: 'UDP' }] }),
      trafficSplit('shop/s', { service: 'web', backends: { v1: 90, v2: 10 } }),
    ],
    { 'shop/v1/80': 90 },
    ['warning PortMismatch TrafficSplit/shop/s spec.backends[1].service'],
  ],
  'R12: the names of the ports and where they lead do not count': [
    [
      service('shop/v2', { ports: [{ port: 80, name: 'web', targetPort: 'named' }] }),
      trafficSplit('shop/s', { service: 'web', backends: { v1: 90, v2: 10 } }),
    ],
    { 'shop/v1/80': 90, 'shop/v2/80': 10 },
  ],
  'R13: a backend that does not exist gets nothing and the rest share': [
    [trafficSplit('shop/s', { service: 'web', backends: { v1: 90, v2: 5, gone: 5 } })],
    { 'shop/v1/80': 90, 'shop/v2/80': 5 },
    ['warning BackendMissing TrafficSplit/shop/s spec.backends[2].service'],
  ],
  'R13: a backend that does not exist is reported even without a weight': [
    [trafficSplit('shop/s', { service: 'web', backends: { v1: 90, gone: 0 } })],
    { 'shop/v1/80': 90 },
    ['warning BackendMissing TrafficSplit/shop/s spec.backends[1].service'],
  ],
  'R13: a backend in another namespace does not exist for a split': [
    [service('other/v2'), trafficSplit('shop/s', { service: 'web', backends: { v1: 9, 'v2.other': 1 } })],
    { 'shop/v1/80': 9 },
    ['warning BackendMissing TrafficSplit/shop/s spec.backends[1].service'],
  ],
  'R13: an ExternalName as a backend gets nothing': [
    [
      service('shop/v2', { externalName: 'example.com' }),
      trafficSplit('shop/s', { service: 'web', backends: { v1: 9, v2: 1 } }),
    ],
    { 'shop/v1/80': 9 },
    ['warning BackendMissing TrafficSplit/shop/s spec.backends[1].service'],
  ],
  'R14: with all weights zero there is nowhere to go': [
    [trafficSplit('shop/s', { service: 'web', backends: { v1: 0, v2: 0 } })],
    {},
    ['error NoUsableBackend TrafficSplit/shop/s spec.backends'],
  ],
  'R14: without any backend there is nowhere to go': [
    [trafficSplit('shop/s', { service: 'web', backends: {} })],
    {},
    ['error NoUsableBackend TrafficSplit/shop/s spec.backends'],
  ],
  'R14: with no backend that can be used there is nowhere to go': [
    [trafficSplit('shop/s', { service: 'web', backends: { gone: 100 } })],
    {},
    [
      'error NoUsableBackend TrafficSplit/shop/s spec.backends',
      'warning BackendMissing TrafficSplit/shop/s spec.backends[0].service',
    ],
  ],
  'R14: a backend with weight zero is no destination': [
    [trafficSplit('shop/s', { service: 'web', backends: { v1: 100, v2: 0 } })],
    { 'shop/v1/80': 100 },
  ],
  'R15: the root may be a backend of itself': [
    [trafficSplit('shop/s', { service: 'web', backends: { web: 90, v1: 10 } })],
    { 'shop/v1/80': 10, 'shop/web/80': 90 },
  ],
  'R15: a backend that is a root itself is not split again': [
    [
      trafficSplit('shop/s', { service: 'web', backends: { v1: 1 } }),
      trafficSplit('shop/t', { service: 'v1', backends: { v2: 1 } }),
    ],
    { 'shop/v1/80': 1 },
  ],
  'a backend that occurs twice has the sum of its weights': [
    [
      trafficSplit('shop/s', {
        service: 'web',
        backends: [
          ['v1', 30],
          ['v2', 40],
          ['v1.shop', 30],
        ],
      }),
    ],
    { 'shop/v1/80': 60, 'shop/v2/80': 40 },
  ],
  'R17: of several splits of one root the oldest applies, and the others are told': [
    [
      trafficSplit('shop/a', { service: 'web', backends: { v1: 1 }, created: '2024-03-01T00:00:00Z' }),
      trafficSplit('shop/b', { service: 'web', backends: { v2: 1 }, created: '2024-01-01T00:00:00Z' }),
      trafficSplit('shop/c', { service: 'web.shop', backends: { v3: 1 }, created: '2024-02-01T00:00:00Z' }),
    ],
    { 'shop/v2/80': 1 },
    [
      'warning SplitConflict TrafficSplit/shop/a spec.service',
      'warning SplitConflict TrafficSplit/shop/c spec.service',
    ],
  ],
  'R17: of several splits of one age the first by name applies': [
    [
      trafficSplit('shop/b', { service: 'web', backends: { v2: 1 } }),
      trafficSplit('shop/a', { service: 'web', backends: { v1: 1 } }),
    ],
    { 'shop/v1/80': 1 },
    ['warning SplitConflict TrafficSplit/shop/b spec.service'],
  ],
};

for (const [title, [objects, otherwise, problems = []]] of Object.entries(rows)) {
  test(title, () => {
    const mesh = meshOf(...services, ...objects);
    assert.deepEqual(otherwiseAt(mesh, 'shop/web/80'), otherwise);
    assert.deepEqual(problemsOf(mesh), problems);
  });
}

test('R12: each port of the root is split on its own', () => {
  const mesh = meshOf(
    service('shop/web', { ports: [80, 90, 91] }),
    service('shop/v1', { ports: [80, 90] }),
    service('shop/v2', { ports: [80, 91] }),
    trafficSplit('shop/s', { service: 'web', backends: { v1: 3, v2: 1 } }),
  );
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/80'), { 'shop/v1/80': 3, 'shop/v2/80': 1 });
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/90'), { 'shop/v1/90': 3 });
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/91'), { 'shop/v2/91': 1 });
});

test('R14: a port that no backend has goes nowhere while the others are split', () => {
  const mesh = meshOf(
    service('shop/web', { ports: [80, 90] }),
    service('shop/v1'),
    trafficSplit('shop/s', { service: 'web', backends: { v1: 1 } }),
  );
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/80'), { 'shop/v1/80': 1 });
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/90'), {});
  assert.deepEqual(
    mesh.diagnostics.map(({ reason, message }) => `${reason}: ${message}`),
    [
      'NoUsableBackend: No backend with a weight above zero can be used on port 90; HTTP is answered 503 and TCP is closed.',
      'PortMismatch: Service v1 has no port 90; it gets no traffic that is sent to that port of the root.',
    ],
  );
});

test('R15: two splits may name each other’s roots as backends', () => {
  const mesh = meshOf(
    ...services,
    trafficSplit('shop/s', { service: 'v1', backends: { v2: 1 } }),
    trafficSplit('shop/t', { service: 'v2', backends: { v1: 1 } }),
  );
  assert.deepEqual(otherwiseAt(mesh, 'shop/v1/80'), { 'shop/v2/80': 1 });
  assert.deepEqual(otherwiseAt(mesh, 'shop/v2/80'), { 'shop/v1/80': 1 });
});

test('R16: the matches of all groups lead to the backends, and the rest to the root’s own endpoints', () => {
  const mesh = meshOf(
    ...services,
    routeGroup('shop/insiders', { name: 'cookie', headers: [{ name: 'cookie', regex: '.*insider.*' }] }),
    routeGroup('shop/api', { name: 'read', pathRegex: '/api', methods: ['GET'] }, { name: 'write', methods: ['POST'] }),
    trafficSplit('shop/s', { service: 'web', backends: { v1: 1, v2: 1 }, matches: ['api', 'insiders'] }),
  );
  const both = { 'shop/v1/80': 1, 'shop/v2/80': 1 };
  assert.deepEqual(rulesAt(mesh, 'shop/web/80'), [
    ['read', both],
    ['write', both],
    ['cookie', both],
  ]);
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/80'), { 'shop/web/80': 1 });
  assert.equal(portOf(mesh, 'shop/web/80').routing.otherwiseSplit, undefined);
  assert.deepEqual(originsOf(portOf(mesh, 'shop/web/80').routing), [
    'specs.smi-spec.io/HTTPRouteGroup/shop/api',
    'specs.smi-spec.io/HTTPRouteGroup/shop/insiders',
    'split.smi-spec.io/TrafficSplit/shop/s',
  ]);
});

test('R16: a group that does not exist contributes nothing', () => {
  const mesh = meshOf(
    ...services,
    routeGroup('shop/api', { name: 'read' }),
    routeGroup('other/gone', { name: 'elsewhere' }),
    trafficSplit('shop/s', { service: 'web', backends: { v1: 1 }, matches: ['gone', 'api'] }),
  );
  assert.deepEqual(rulesAt(mesh, 'shop/web/80'), [['read', { 'shop/v1/80': 1 }]]);
  assert.deepEqual(problemsOf(mesh), ['warning RouteGroupNotFound TrafficSplit/shop/s spec.matches[0].name']);
});

test('R16: with no group at all that exists, nothing matches and nothing is split', () => {
  const mesh = meshOf(...services, trafficSplit('shop/s', { service: 'web', backends: { v1: 1 }, matches: ['gone'] }));
  assert.deepEqual(rulesAt(mesh, 'shop/web/80'), []);
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/80'), { 'shop/web/80': 1 });
  assert.deepEqual(originsOf(portOf(mesh, 'shop/web/80').routing), []);
});

test('R16: a match that cannot be used splits nothing, the others of its group do', () => {
  const mesh = meshOf(
    ...services,
    routeGroup('shop/api', { name: 'bad', pathRegex: '/a(' }, { name: 'good', pathRegex: '/b' }),
    trafficSplit('shop/s', { service: 'web', backends: { v1: 1 }, matches: ['api'] }),
  );
  assert.deepEqual(rulesAt(mesh, 'shop/web/80'), [['good', { 'shop/v1/80': 1 }]]);
  assert.deepEqual(problemsOf(mesh), ['error InvalidRegex HTTPRouteGroup/shop/api spec.matches[0].pathRegex']);
});

test('R16: requests that match have nowhere to go when no backend can be used', () => {
  const mesh = meshOf(
    ...services,
    routeGroup('shop/api', { name: 'read' }),
    trafficSplit('shop/s', { service: 'web', backends: { v1: 0 }, matches: ['api'] }),
  );
  assert.deepEqual(rulesAt(mesh, 'shop/web/80'), [['read', {}]]);
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/80'), { 'shop/web/80': 1 });
});

test('R17: splits with matches come first, oldest first, then the one without', () => {
  const mesh = meshOf(
    ...services,
    routeGroup('shop/a', { name: 'in-a' }),
    routeGroup('shop/b', { name: 'in-b' }),
    trafficSplit('shop/all', { service: 'web', backends: { v3: 1 }, created: '2024-01-01T00:00:00Z' }),
    trafficSplit('shop/new', { service: 'web', backends: { v1: 1 }, matches: ['a'], created: '2024-03-01T00:00:00Z' }),
    trafficSplit('shop/old', { service: 'web', backends: { v2: 1 }, matches: ['b'], created: '2024-02-01T00:00:00Z' }),
  );
  assert.deepEqual(rulesAt(mesh, 'shop/web/80'), [
    ['in-b', { 'shop/v2/80': 1 }],
    ['in-a', { 'shop/v1/80': 1 }],
  ]);
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/80'), { 'shop/v3/80': 1 });
  assert.equal(portOf(mesh, 'shop/web/80').routing.otherwiseSplit?.name, 'all');
  assert.deepEqual(problemsOf(mesh), []);
});

test('R18: a TCP port is split, and matches say nothing about it', () => {
  const ports = [
    { port: 80, name: 'http' },
    { port: 5432, name: 'tcp-db' },
  ];
  const mesh = meshOf(
    service('shop/web', { ports }),
    service('shop/v1', { ports }),
    service('shop/v2', { ports }),
    routeGroup('shop/api', { name: 'read' }),
    trafficSplit('shop/ab', { service: 'web', backends: { v2: 1 }, matches: ['api'] }),
    trafficSplit('shop/all', { service: 'web', backends: { v1: 9, v2: 1 } }),
  );
  assert.deepEqual(rulesAt(mesh, 'shop/web/5432'), []);
  assert.deepEqual(otherwiseAt(mesh, 'shop/web/5432'), { 'shop/v1/5432': 9, 'shop/v2/5432': 1 });
  assert.deepEqual(problemsOf(mesh), ['warning MatchesNotForTcp TrafficSplit/shop/ab spec.matches']);
});

test('R18: a UDP port has shares, and it is said that they are not kept', () => {
  const ports = [{ port: 53, protocol: 'UDP' as const }];
  const mesh = meshOf(
    service('shop/dns', { ports }),
    service('shop/v1', { ports }),
    trafficSplit('shop/s', { service: 'dns', backends: { dns: 1, v1: 1 } }),
  );
  assert.deepEqual(otherwiseAt(mesh, 'shop/dns/53/udp'), { 'shop/dns/53/udp': 1, 'shop/v1/53/udp': 1 });
  assert.deepEqual(problemsOf(mesh), ['warning UnsupportedKind TrafficSplit/shop/s spec.service']);
});

test('R19: backends stay services of their own', () => {
  const mesh = meshOf(...services, trafficSplit('shop/s', { service: 'web', backends: { v1: 1 } }));
  assert.deepEqual(otherwiseAt(mesh, 'shop/v1/80'), { 'shop/v1/80': 1 });
});
