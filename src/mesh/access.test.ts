import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { namespace, pod, routeGroup, service, tcpRoute, trafficTarget, udpRoute } from '../testing/builders.ts';
import { grantsAt, inboundOf, meshOf, meshWith, problemsOf } from '../testing/mesh-of.ts';

/** One pod that serves HTTP on 8080 (as port 80), HTTP on 9090, TCP on 5432 and UDP on 53. */
const server = [
  service('shop/web', {
    ports: [
      { port: 80, name: 'http', targetPort: 8080 },
      { port: 9090, name: 'http-metrics' },
      { port: 5000, name: 'tcp-db', targetPort: 5432 },
      { port: 53, name: 'dns', protocol: 'UDP' },
    ],
  }),
  pod('shop/web-1', { annotations: { sidecar: 'explicit' } }),
  routeGroup('shop/api', { name: 'read', pathRegex: '/api', methods: ['GET'] }, { name: 'write', methods: ['POST'] }),
  routeGroup('shop/metrics', { name: 'scrape', pathRegex: '/metrics' }),
  tcpRoute('shop/any'),
  tcpRoute('shop/on-80', 80),
  tcpRoute('shop/on-8080', 8080),
  tcpRoute('shop/on-9090', 9090),
  tcpRoute('shop/on-5000', 5000),
  tcpRoute('shop/on-5432', 5432),
  udpRoute('shop/any-udp'),
  udpRoute('shop/udp-53', 53),
  udpRoute('shop/udp-99', 99),
];

const ports = { http: 8080, metrics: 9090, tcp: 5432, udp: 53 };
type Grants = Partial<Record<keyof typeof ports, readonly string[]>>;
type Row = readonly [objects: readonly ObjectChange[], grants: Grants, problems?: readonly string[]];

const allow = (rules: readonly string[], more: Partial<Parameters<typeof trafficTarget>[1]> = {}): ObjectChange =>
  trafficTarget('shop/t', { to: 'web', from: ['client'], rules, ...more });

const from = 't from shop/client';

const rows: Readonly<Record<string, Row>> = {
  'R30: without a TrafficTarget nobody is let in': [[], {}],
  'R37: HTTP rules allow their requests on every HTTP port and open no other': [
    [allow(['HTTPRouteGroup/api'])],
    { http: [`${from}: read write`], metrics: [`${from}: read write`] },
  ],
  'R37: several HTTP rules are each enough': [
    [allow(['HTTPRouteGroup/api', 'HTTPRouteGroup/metrics'])],
    { http: [`${from}: read write scrape`], metrics: [`${from}: read write scrape`] },
  ],
  'R37: an HTTP rule with a TCP rule allows the requests on the ports': [
    [allow(['HTTPRouteGroup/metrics', 'TCPRoute/on-9090'])],
    { metrics: [`${from}: scrape`] },
  ],
  'R37: several TCP rules with an HTTP rule are each enough': [
    [allow(['TCPRoute/on-80', 'HTTPRouteGroup/metrics', 'TCPRoute/on-9090'])],
    { http: [`${from}: scrape`], metrics: [`${from}: scrape`] },
  ],
  'R37: an HTTP rule with a TCP rule opens no TCP port, where no request can be seen': [
    [allow(['HTTPRouteGroup/metrics', 'TCPRoute/on-5432'])],
    {},
    ['warning NoPortMatched TrafficTarget/shop/t spec.rules'],
  ],
  'R37: a TCP rule alone allows all HTTP on its ports': [[allow(['TCPRoute/on-80'])], { http: [`${from}: any`] }],
  'R37: a TCP rule without ports allows every TCP and HTTP port': [
    [allow(['TCPRoute/any'])],
    { http: [`${from}: any`], metrics: [`${from}: any`], tcp: [`${from}: any`] },
  ],
  'R37: a TCP rule without ports is not narrowed by another with ports': [
    [allow(['TCPRoute/on-80', 'TCPRoute/any'])],
    { http: [`${from}: any`], metrics: [`${from}: any`], tcp: [`${from}: any`] },
  ],
  'R38: a port may be the Service’s': [[allow(['TCPRoute/on-5000'])], { tcp: [`${from}: any`] }],
  'R38: a port may be the one that it leads to': [[allow(['TCPRoute/on-5432'])], { tcp: [`${from}: any`] }],
  'R41: a UDP rule opens UDP ports and no other': [[allow(['UDPRoute/any-udp'])], { udp: [`${from}: any`] }],
  'R41: a UDP rule opens its ports only': [
    [allow(['UDPRoute/udp-99'])],
    {},
    ['warning NoPortMatched TrafficTarget/shop/t spec.rules'],
  ],
  'R41: a UDP rule stands beside rules of other kinds': [
    [allow(['HTTPRouteGroup/metrics', 'UDPRoute/udp-53'])],
    { http: [`${from}: scrape`], metrics: [`${from}: scrape`], udp: [`${from}: any`] },
  ],
  'R3: a destination port restricts every rule': [
    [allow(['HTTPRouteGroup/api'], { port: 80 })],
    { http: [`${from}: read write`] },
  ],
  'R3: a destination port may be the one that a Service port leads to': [
    [allow(['TCPRoute/any'], { port: 5432 })],
    { tcp: [`${from}: any`] },
  ],
  'R3: a destination port that nothing serves lets nobody in': [
    [allow(['TCPRoute/any'], { port: 1 })],
    {},
    ['warning NoPortMatched TrafficTarget/shop/t spec.rules'],
  ],
  'R35: names choose some of a group’s matches': [
    [allow(['HTTPRouteGroup/api#write'], { port: 80 })],
    { http: [`${from}: write`] },
  ],
  'R34: a match that does not exist adds nothing, the others stand': [
    [allow(['HTTPRouteGroup/api#write,gone'], { port: 80 })],
    { http: [`${from}: write`] },
    ['warning MatchNotFound TrafficTarget/shop/t spec.rules[0].matches[1]'],
  ],
  'R34: only matches that do not exist allow nothing': [
    [allow(['HTTPRouteGroup/api#gone'])],
    {},
    ['warning MatchNotFound TrafficTarget/shop/t spec.rules[0].matches[0]'],
  ],
  'R34: a group that does not exist adds nothing, the other rules stand': [
    [allow(['HTTPRouteGroup/gone', 'HTTPRouteGroup/metrics'], { port: 80 })],
    { http: [`${from}: scrape`] },
    ['warning RouteGroupNotFound TrafficTarget/shop/t spec.rules[0].name'],
  ],
  'R34: a TCP rule that does not exist still restricts the HTTP rule beside it': [
    [allow(['HTTPRouteGroup/metrics', 'TCPRoute/gone'])],
    {},
    ['warning RouteGroupNotFound TrafficTarget/shop/t spec.rules[1].name'],
  ],
  'R34: an HTTP rule that does not exist still restricts the TCP rule beside it': [
    [allow(['HTTPRouteGroup/gone', 'TCPRoute/any'])],
    {},
    ['warning RouteGroupNotFound TrafficTarget/shop/t spec.rules[0].name'],
  ],
  'R34: a group is looked for in the object’s own namespace only': [
    [routeGroup('other/far', { name: 'far' }), allow(['HTTPRouteGroup/far'])],
    {},
    ['warning RouteGroupNotFound TrafficTarget/shop/t spec.rules[0].name'],
  ],
  'R34: a group without matches allows nothing': [
    [routeGroup('shop/empty'), allow(['HTTPRouteGroup/empty'])],
    {},
    ['warning MatchNotFound TrafficTarget/shop/t spec.rules[0].name'],
  ],
  'R34: without rules nothing is allowed': [[allow([])], {}, ['warning NoRules TrafficTarget/shop/t spec.rules']],
  'R34: without sources nobody is let in': [
    [allow(['TCPRoute/any'], { from: [] })],
    {},
    ['warning NoSources TrafficTarget/shop/t spec.sources'],
  ],
  'a rule that could not be read allows nothing and is reported where it was read': [
    [allow(['TCPRoute/', 'HTTPRouteGroup/api'])],
    {},
  ],
  'a destination without a name means no pod': [
    [allow(['TCPRoute/any'], { to: '' })],
    {},
    ['error DestinationEmpty TrafficTarget/shop/t spec.destination.name'],
  ],
  'R34: a source without a name lets nobody in, the others stand': [
    [allow(['TCPRoute/on-80'], { from: ['', 'client'] })],
    { http: [`${from}: any`] },
    ['warning NoSources TrafficTarget/shop/t spec.sources[0].name'],
  ],
  'R33: a source of another namespace is named with it': [
    [allow(['TCPRoute/on-80'], { from: ['client', 'ops/scraper', 'client'] })],
    { http: ['t from ops/scraper, shop/client: any'] },
  ],
  'R33: the destination is every pod of the service account, and no pod of another': [
    [trafficTarget('shop/t', { to: 'other', from: ['client'], rules: ['TCPRoute/any'] })],
    {},
  ],
  'R33: an object in another namespace than its destination does not apply': [
    [tcpRoute('ops/any'), trafficTarget('ops/t', { to: 'shop/web', from: ['client'], rules: ['TCPRoute/any'] })],
    {},
    ['error NamespaceMismatch TrafficTarget/ops/t spec.destination.namespace'],
  ],
  'R32: overlapping objects add up, in the order of their names': [
    [
      trafficTarget('shop/b', { to: 'web', from: ['client'], rules: ['HTTPRouteGroup/api#read'], port: 80 }),
      trafficTarget('shop/a', { to: 'web', from: ['client', 'other'], rules: ['TCPRoute/on-80'] }),
    ],
    { http: ['a from shop/client, shop/other: any', 'b from shop/client: read'] },
  ],
  'R36: a match with an invalid expression is disabled alone': [
    [
      routeGroup('shop/mixed', { name: 'bad', headers: [{ name: 'x', regex: '(' }] }, { name: 'good' }),
      allow(['HTTPRouteGroup/mixed'], { port: 80 }),
    ],
    { http: [`${from}: good`] },
    ['error InvalidRegex HTTPRouteGroup/shop/mixed spec.matches[0].headers.x'],
  ],
  'R36: a match that is disabled is not missing': [
    [routeGroup('shop/mixed', { name: 'bad', pathRegex: '(' }), allow(['HTTPRouteGroup/mixed#bad'])],
    {},
    ['error InvalidRegex HTTPRouteGroup/shop/mixed spec.matches[0].pathRegex'],
  ],
};

for (const [title, [objects, grants, problems = []]] of Object.entries(rows)) {
  test(title, () => {
    const mesh = meshOf(...server, ...objects);
    const found = Object.entries(ports).map(([name, number]) => [name, grantsAt(mesh, 'shop/web-1', number)] as const);
    assert.deepEqual(Object.fromEntries(found.filter(([, granted]) => granted.length > 0)), grants);
    assert.deepEqual(problemsOf(mesh), problems);
  });
}

test('R33: an operator may let objects apply to other namespaces', () => {
  const mesh = meshWith(
    { crossNamespaceTargets: true },
    ...server,
    tcpRoute('ops/on-80', 80),
    trafficTarget('ops/t', { to: 'shop/web', from: ['client'], rules: ['TCPRoute/on-80'] }),
  );
  assert.deepEqual(grantsAt(mesh, 'shop/web-1', 8080), ['t from ops/client: any']);
});

test('a pod that nothing leads to is no reason to doubt the rules', () => {
  assert.deepEqual(
    problemsOf(meshOf(server[1] as ObjectChange, tcpRoute('shop/on-80', 80), allow(['TCPRoute/on-80']))),
    [],
  );
});

test('R38: a port that several service ports lead to is opened by the number of any', () => {
  const mesh = meshOf(
    ...server,
    service('shop/alias', { selector: { app: 'web' }, ports: [{ port: 8000, targetPort: 8080 }] }),
    tcpRoute('shop/on-8000', 8000),
    allow(['TCPRoute/on-8000']),
  );
  assert.deepEqual(grantsAt(mesh, 'shop/web-1', 8080), [`${from}: any`]);
  assert.deepEqual(inboundOf(mesh, 'shop/web-1').find(({ number }) => number === 8080)?.servicePorts, [
    'shop/alias/8000',
    'shop/web/80',
  ]);
});

test('R41: UDP senders are known by the addresses of the callers’ own pods', () => {
  const mesh = meshOf(
    ...server,
    pod('shop/client-1', { ips: ['10.0.1.2'] }),
    pod('shop/client-2', { ips: ['10.0.1.1', 'fd00::1'] }),
    pod('shop/client-3', { ips: ['10.0.1.3'], finished: true }),
    pod('shop/client-4', { ips: ['192.0.2.1'], hostNetwork: true }),
    pod('other/client-1', { ips: ['10.0.1.5'] }),
    allow(['UDPRoute/any-udp', 'TCPRoute/on-80']),
  );
  const addresses = Object.fromEntries(
    inboundOf(mesh, 'shop/web-1').map(({ number, access }) => [number, access.grants[0]?.callerAddresses]),
  );
  assert.deepEqual(addresses, { 53: ['10.0.1.1', '10.0.1.2', 'fd00::1'], 5432: undefined, 8080: [], 9090: undefined });
});

const unseenUdp: Readonly<Record<string, readonly [annotations: Readonly<Record<string, string>>, message: string]>> = {
  'a transparent sidecar': [
    { sidecar: 'transparent' },
    'UDP is not intercepted, so it passes by transparent sidecars: there, UDP rules keep nobody out.',
  ],
  'a sidecar whose application listens on the pod’s address': [
    { sidecar: 'explicit', 'app-address': 'pod' },
    'Where an application listens on its pod’s own address its sidecar cannot, and UDP rules keep nobody out.',
  ],
};

for (const [title, [annotations, message]] of Object.entries(unseenUdp)) {
  test(`R41: ${title} does not see UDP, and the object that allows it is told once`, () => {
    const mesh = meshOf(
      ...server,
      pod('shop/web-1', { annotations }),
      pod('shop/web-2', { annotations, ips: ['10.0.0.2'] }),
      allow(['UDPRoute/any-udp', 'TCPRoute/any']),
    );
    assert.deepEqual(
      mesh.diagnostics.map((each) => [each.reason, each.object.kind, each.message]),
      [['UnsupportedKind', 'TrafficTarget', message]],
    );
  });
}

test('R42: a pod’s mode is its own, else its namespace’s, else the mesh’s', () => {
  const modes = (...objects: readonly ObjectChange[]) => {
    const mesh = meshWith({ defaultMode: 'permissive' }, ...server, ...objects);
    return inboundOf(mesh, 'shop/web-1')[0]?.access.mode;
  };
  assert.equal(modes(), 'permissive');
  assert.equal(modes(namespace('shop', { annotations: { mode: 'audit' } })), 'audit');
  assert.equal(
    modes(
      namespace('shop', { annotations: { mode: 'audit' } }),
      pod('shop/web-1', { annotations: { sidecar: 'explicit', mode: 'enforce' } }),
    ),
    'enforce',
  );
});
