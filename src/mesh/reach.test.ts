import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import {
  endpointSlice,
  meshPod,
  pod,
  routeGroup,
  service,
  tcpRoute,
  trafficSplit,
  trafficTarget,
} from '../testing/builders.ts';
import { meshOf, problemsOf, reachOf } from '../testing/mesh-of.ts';

/** Services web, v1, v2 and v3, each with a pod of its own service account. */
const shop: readonly ObjectChange[] = ['web', 'v1', 'v2', 'v3'].flatMap((name, index) => [
  service(`shop/${name}`),
  meshPod(`shop/${name}-1`, { ips: [`10.0.0.${index + 1}`] }),
]);
const any = tcpRoute('shop/any');
const allow = (to: string, from = 'client'): ObjectChange =>
  trafficTarget(`shop/${from}-to-${to}`, { to, from: [from], rules: ['TCPRoute/any'] });
const split = (root: string, backends: Readonly<Record<string, number>>): ObjectChange =>
  trafficSplit(`shop/split-${root}`, { service: root, backends });

type Row = readonly [objects: readonly ObjectChange[], reach: readonly string[], problems?: readonly string[]];

const rows: Readonly<Record<string, Row>> = {
  'whom no policy names reaches nothing in particular': [[allow('web', 'other')], []],
  'a grant on its pods makes a service port known': [[allow('web')], ['shop/web/80']],
  'a grant on the pods of several services makes them all known': [
    [service('shop/alias', { selector: { app: 'web' } }), allow('web')],
    ['shop/alias/80', 'shop/web/80'],
  ],
  'R39: a grant on a backend makes its root known, and every other backend of the root': [
    [allow('v1'), allow('v2'), split('web', { v1: 9, v2: 1 })],
    ['shop/v1/80', 'shop/v2/80', 'shop/web/80'],
  ],
  'R39: a backend that a caller of the root may not reach is known and keeps its share, and it is said': [
    [allow('v1'), split('web', { v1: 9, v2: 1 })],
    ['shop/v1/80', 'shop/v2/80', 'shop/web/80'],
    ['warning BackendNotAuthorized TrafficSplit/shop/split-web spec.backends'],
  ],
  'R39: whoever is granted the root only is refused by every backend': [
    [allow('web'), split('web', { v1: 9, v2: 1 })],
    ['shop/v1/80', 'shop/v2/80', 'shop/web/80'],
    [
      'warning BackendNotAuthorized TrafficSplit/shop/split-web spec.backends',
      'warning BackendNotAuthorized TrafficSplit/shop/split-web spec.backends',
    ],
  ],
  'R39: a backend without a share refuses nobody': [
    [allow('v1'), split('web', { v1: 1, v2: 0 })],
    ['shop/v1/80', 'shop/web/80'],
  ],
  'R39: where a known port is split itself, what it leads to is known': [
    [allow('web'), allow('v1'), allow('v2', 'other'), split('web', { v1: 1 }), split('v1', { v2: 1 })],
    ['shop/v1/80', 'shop/v2/80', 'shop/web/80'],
    ['warning BackendNotAuthorized TrafficSplit/shop/split-v1 spec.backends'],
  ],
};

for (const [title, [objects, reach, problems = []]] of Object.entries(rows)) {
  test(title, () => {
    const mesh = meshOf(...shop, any, ...objects);
    assert.deepEqual(reachOf(mesh, 'shop/client'), reach);
    assert.deepEqual(problemsOf(mesh), problems);
  });
}

test('R39: the message names the callers and the backend', () => {
  const mesh = meshOf(...shop, any, allow('v1'), split('web', { v1: 9, v2: 1 }));
  assert.deepEqual(
    mesh.diagnostics.map(({ message }) => message),
    ['shop/client may call others behind shop/web/80 but not shop/v2/80; their share of it is refused, HTTP with 403.'],
  );
});

test('R39: a backend of a split with matches is checked as well', () => {
  const mesh = meshOf(
    ...shop,
    any,
    allow('web'),
    routeGroup('shop/beta', { name: 'beta' }),
    trafficSplit('shop/ab', { service: 'web', backends: { v3: 1 }, matches: ['beta'] }),
  );
  assert.deepEqual(problemsOf(mesh), ['warning BackendNotAuthorized TrafficSplit/shop/ab spec.backends']);
});

const openRows: Readonly<Record<string, readonly [objects: readonly ObjectChange[], open: readonly string[]]>> = {
  'a port whose pods all enforce is not open': [[], []],
  'a pod without a sidecar opens its port': [[pod('shop/v1-2', { ips: ['10.0.0.9'] })], ['shop/v1/80']],
  'an endpoint that is no pod opens its port': [
    [
      endpointSlice('shop/v1-a', {
        service: 'v1',
        endpoints: [{ address: '10.0.0.2', pod: 'v1-1' }, { address: '192.0.2.1' }],
      }),
    ],
    ['shop/v1/80'],
  ],
  'R42: a pod that audits opens its port': [
    [meshPod('shop/v1-2', { ips: ['10.0.0.9'], annotations: { mode: 'audit' } })],
    ['shop/v1/80'],
  ],
  'R42: a pod that permits all opens its port, ready or not': [
    [meshPod('shop/v1-2', { ready: false, annotations: { mode: 'permissive' } })],
    ['shop/v1/80'],
  ],
  'a port without pods is open: there is nobody to refuse, and it is answered for': [
    [service('shop/empty')],
    ['shop/empty/80'],
  ],
  'a root that splits onto an open port is open, with all that it leads to': [
    [pod('shop/v1-2', { ips: ['10.0.0.9'] }), split('web', { v1: 1, v2: 1 })],
    ['shop/v1/80', 'shop/v2/80', 'shop/web/80'],
  ],
  'what an open root splits onto is open': [
    [pod('shop/web-2', { ips: ['10.0.0.9'] }), split('web', { v3: 1 })],
    ['shop/v3/80', 'shop/web/80'],
  ],
};

for (const [title, [objects, open]] of Object.entries(openRows)) {
  test(title, () => {
    const mesh = meshOf(...shop, ...objects);
    assert.deepEqual(
      [...mesh.services.values()].filter(({ openToAll }) => openToAll).map(({ key }) => key),
      open,
    );
  });
}

test('ports that are open to all are in nobody’s reach', () => {
  const mesh = meshOf(...shop, any, pod('shop/v1-2', { ips: ['10.0.0.9'] }), allow('v1'), allow('v2'));
  assert.deepEqual(reachOf(mesh, 'shop/client'), ['shop/v2/80']);
});
