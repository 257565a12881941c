import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { meshPod, pod, routeGroup, service, tcpRoute, trafficSplit, trafficTarget } from '../testing/builders.ts';
import { meshOf } from '../testing/mesh-of.ts';
import { explain, type PortAnswer, type Verdict } from './explain.ts';
import type { HttpRequest } from './http-match.ts';
import { serviceAccountId } from './spiffe-id.ts';

const shop: readonly ObjectChange[] = [
  ...['web', 'v1', 'v2'].flatMap((name, index) => [
    service(`shop/${name}`),
    meshPod(`shop/${name}-1`, { ips: [`10.0.0.${index + 1}`] }),
  ]),
  tcpRoute('shop/any'),
  routeGroup(
    'shop/api',
    { name: 'read', pathRegex: '/api', methods: ['GET'] },
    { name: 'beta', headers: [{ name: 'x-beta', regex: 'yes' }] },
  ),
];

const allow = (to: string, rule: string, from = 'client'): ObjectChange =>
  trafficTarget(`shop/${from}-to-${to}`, { to, from: [from], rules: [rule] });

function ask(objects: readonly ObjectChange[], request: Partial<HttpRequest> = {}, to = 'web', port?: number) {
  const mesh = meshOf(...shop, ...objects);
  const from = serviceAccountId('cluster.local', 'shop', 'client');
  return explain(mesh, {
    from,
    to: { namespace: 'shop', service: to, port },
    request: { method: 'GET', path: '/', headers: {}, ...request },
  });
}

function only(answers: readonly PortAnswer[]): PortAnswer {
  const [answer, ...others] = answers;
  assert.ok(answer !== undefined && others.length === 0);
  return answer;
}

/** In few words, names only. */
function inWords(verdict: Verdict): string {
  if (verdict.allowed) {
    switch (verdict.because) {
      case 'granted':
        return `granted by ${verdict.target.name}${verdict.match === undefined ? '' : ` (${verdict.match.name})`}`;
      case 'not enforced':
        return `${verdict.mode}, missing ${verdict.refusal.missing}`;
      case 'no sidecar':
        return 'no sidecar';
    }
  }
  const { refusal } = verdict;
  switch (refusal.missing) {
    case 'target':
      return 'refused, no target';
    case 'source':
      return `refused, no source in ${refusal.targets.map(({ name }) => name).join(', ')}`;
    case 'request':
      return `refused, ${refusal.targets
        .flatMap(({ target, matches }) =>
          matches.map(
            ({ match, unmet }) =>
              `${target.name} (${match.name}) wants ${unmet.map((each) => each.condition).join(', ')}`,
          ),
        )
        .join('; ')}`;
  }
}

const verdicts = ({ destinations }: PortAnswer): readonly string[] =>
  destinations.flatMap((destination) =>
    destination.verdicts.map(({ verdict, at }) => {
      const places = at.map((place) => (place.type === 'pod' ? place.pod.name : place.endpoint.address));
      return `${destination.share * 100}% ${destination.port} at ${places.join(', ')}: ${inWords(verdict)}`;
    }),
  );

test('a service that is not in the mesh has no answer, and neither has a port that it does not have', () => {
  assert.deepEqual(ask([], {}, 'gone'), []);
  assert.deepEqual(ask([], {}, 'web', 81), []);
});

test('without a port each port of the service is answered for', () => {
  const answers = ask([service('shop/web', { ports: [80, { port: 90, name: 'tcp' }] })]);
  assert.deepEqual(
    answers.map(({ port, protocol }) => [port, protocol]),
    [
      ['shop/web/80', 'http'],
      ['shop/web/90', 'tcp'],
    ],
  );
});

test('without a split a request goes to the service itself, and without a target it is refused', () => {
  const answer = only(ask([]));
  assert.equal(answer.known, false);
  assert.deepEqual(answer.decidedBy, {
    type: 'service',
    service: { group: '', kind: 'Service', namespace: 'shop', name: 'web' },
  });
  assert.deepEqual(verdicts(answer), ['100% shop/web/80 at web-1: refused, no target']);
});

test('a refusal is said as such, with the pod', () => {
  const [destination] = only(ask([])).destinations;
  assert.deepEqual(destination?.verdicts, [
    {
      verdict: { allowed: false, refusal: { missing: 'target' } },
      at: [{ type: 'pod', pod: { group: '', kind: 'Pod', namespace: 'shop', name: 'web-1' } }],
    },
  ]);
});

test('a split gives each destination its share, and each is judged on its own', () => {
  const split = trafficSplit('shop/canary', { service: 'web', backends: { v1: 3, v2: 1 } });
  const answer = only(ask([split, allow('v1', 'TCPRoute/any'), allow('v2', 'TCPRoute/any', 'other')]));
  assert.equal(answer.known, true);
  assert.equal(answer.decidedBy.type === 'split' && answer.decidedBy.split.name, 'canary');
  assert.deepEqual(verdicts(answer), [
    '75% shop/v1/80 at v1-1: granted by client-to-v1',
    '25% shop/v2/80 at v2-1: refused, no source in other-to-v2',
  ]);
});

test('R16: the match that a request meets decides where it goes', () => {
  const split = trafficSplit('shop/ab', { service: 'web', backends: { v2: 1 }, matches: ['api'] });
  const beta = only(ask([split], { headers: { 'x-beta': 'yes' } }));
  assert.equal(
    beta.decidedBy.type === 'match' && `${beta.decidedBy.split.name} ${beta.decidedBy.match.name}`,
    'ab beta',
  );
  assert.deepEqual(
    beta.destinations.map(({ port }) => port),
    ['shop/v2/80'],
  );
  const other = only(ask([split], { headers: { 'x-beta': 'yes!' } }));
  assert.equal(other.decidedBy.type, 'service');
  assert.deepEqual(
    other.destinations.map(({ port }) => port),
    ['shop/web/80'],
  );
});

test('R14: a split without a usable backend leads nowhere, and is named', () => {
  const answer = only(ask([trafficSplit('shop/none', { service: 'web', backends: { v1: 0 } })]));
  assert.equal(answer.decidedBy.type === 'split' && answer.decidedBy.split.name, 'none');
  assert.deepEqual(answer.destinations, []);
});

const requests: Readonly<Record<string, readonly [request: Partial<HttpRequest>, verdict: string]>> = {
  'R36: a path is matched from its beginning': [{ path: '/api/users' }, 'granted by client-to-web (read)'],
  'R36: the query string takes no part': [{ path: '/api?x=/' }, 'granted by client-to-web (read)'],
  'R36: another path is refused, with what is wanted': [
    { path: '/admin?/api' },
    'refused, client-to-web (read) wants path; client-to-web (beta) wants header',
  ],
  'R36: another method is refused': [
    { path: '/api', method: 'POST' },
    'refused, client-to-web (read) wants method; client-to-web (beta) wants header',
  ],
  'R36: a header grants by its whole value': [{ headers: { 'x-beta': 'yes' } }, 'granted by client-to-web (beta)'],
  'access is decided on the path that the application gets': [
    { path: '/admin/..//api' },
    'granted by client-to-web (read)',
  ],
  'a path that only looks like an allowed one is refused': [
    { path: '/api/../admin' },
    'refused, client-to-web (read) wants path; client-to-web (beta) wants header',
  ],
  'a slash in disguise is refused where paths are limited': [
    { path: '/api/a%2Fb' },
    'refused, client-to-web (read) wants plain slashes; client-to-web (beta) wants header',
  ],
};

for (const [title, [request, verdict]] of Object.entries(requests)) {
  test(title, () => {
    assert.deepEqual(verdicts(only(ask([allow('web', 'HTTPRouteGroup/api')], request))), [
      `100% shop/web/80 at web-1: ${verdict}`,
    ]);
  });
}

test('a request names the service as its host, unless it names another', () => {
  const rule = routeGroup('shop/host', { name: 'host', headers: [{ name: 'host', regex: 'web\\.shop|other' }] });
  const objects = [rule, allow('web', 'HTTPRouteGroup/host')];
  assert.deepEqual(verdicts(only(ask(objects))), ['100% shop/web/80 at web-1: granted by client-to-web (host)']);
  assert.deepEqual(verdicts(only(ask(objects, { headers: { ':authority': 'else' } }))), [
    '100% shop/web/80 at web-1: refused, client-to-web (host) wants header',
  ]);
});

test('a TCP connection is judged without any request', () => {
  const objects = [service('shop/web', { ports: [{ port: 80, name: 'tcp' }] }), allow('web', 'TCPRoute/any')];
  assert.deepEqual(verdicts(only(ask(objects))), ['100% shop/web/80 at web-1: granted by client-to-web']);
});

test('pods that say the same are named together, and those that differ apart', () => {
  const objects = [
    meshPod('shop/web-2', { ips: ['10.0.1.2'] }),
    meshPod('shop/web-3', { ips: ['10.0.1.3'], annotations: { mode: 'audit' } }),
    pod('shop/web-4', { ips: ['10.0.1.4'] }),
  ];
  assert.deepEqual(verdicts(only(ask(objects))), [
    '100% shop/web/80 at web-1, web-2: refused, no target',
    '100% shop/web/80 at web-3: audit, missing target',
    '100% shop/web/80 at 10.0.1.4: no sidecar',
  ]);
});
