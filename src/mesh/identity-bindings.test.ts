import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { identityBinding, meshPod, service, tcpRoute, trafficTarget } from '../testing/builders.ts';
import { grantsAt, meshOf, problemsOf } from '../testing/mesh-of.ts';

const labelled = (app: string, role: string) => ({ app, role });

/** Two pods of one identity, of which only one is labelled `role: db`. */
const objects = [
  service('shop/web', { ports: [{ port: 80, name: 'http' }] }),
  meshPod('shop/web-1', { labels: labelled('web', 'db'), serviceAccount: 'shared' }),
  meshPod('shop/web-2', { labels: labelled('web', 'cache'), serviceAccount: 'shared' }),
  meshPod('shop/client-1', { labels: labelled('client', 'caller') }),
  meshPod('shop/client-2', { labels: labelled('client', 'caller') }),
  meshPod('other/client-1', { labels: labelled('client', 'caller') }),
  tcpRoute('shop/any'),
];

const access = (to: string, from: string): ObjectChange =>
  trafficTarget('shop/t', { to, from: [from], rules: ['TCPRoute/any'] });

type Row = readonly [
  objects: readonly ObjectChange[],
  grants: { readonly 'web-1'?: readonly string[]; readonly 'web-2'?: readonly string[] },
  problems?: readonly string[],
];

const granted = ['t from shop/client: any'];
const toBoth = { 'web-1': granted, 'web-2': granted };

const rows: Readonly<Record<string, Row>> = {
  'as a destination, labels mean just the pods that have them': [
    [identityBinding('shop/db', { podSelectors: [{ role: 'db' }] }), access('binding:db', 'client')],
    { 'web-1': granted },
  ],
  'as a destination, any of several selectors will do': [
    [
      identityBinding('shop/db', { podSelectors: [{ role: 'db' }, { role: 'cache', app: 'web' }] }),
      access('binding:db', 'client'),
    ],
    toBoth,
  ],
  'as a destination, a service account means all its pods': [
    [identityBinding('shop/db', { serviceAccount: 'shared' }), access('binding:db', 'client')],
    toBoth,
  ],
  'as a destination, a SPIFFE identity means all its pods': [
    [
      identityBinding('shop/db', { spiffeIdentities: ['cluster.local/ns/shop/sa/shared'] }),
      access('binding:db', 'client'),
    ],
    toBoth,
  ],
  'as a destination, a binding that does not exist means no pod': [
    [access('binding:gone', 'client')],
    {},
    ['warning IdentityBindingNotFound TrafficTarget/shop/t spec.destination.name'],
  ],
  'as a source, a service account is let in': [
    [identityBinding('shop/callers', { serviceAccount: 'client' }), access('shared', 'binding:callers')],
    toBoth,
  ],
  'as a source, schemes add up': [
    [
      identityBinding('shop/callers', {
        serviceAccount: 'client',
        spiffeIdentities: ['spiffe://cluster.local/ns/shop/sa/ops'],
      }),
      access('shared', 'binding:callers'),
    ],
    { 'web-1': ['t from shop/client, shop/ops: any'], 'web-2': ['t from shop/client, shop/ops: any'] },
  ],
  'as a source, labels that all pods of an identity have let that identity in, of its own namespace only': [
    [identityBinding('shop/callers', { podSelectors: [{ role: 'caller' }] }), access('shared', 'binding:callers')],
    toBoth,
  ],
  'as a source, labels that only some pods of an identity have let nobody in': [
    [identityBinding('shop/callers', { podSelectors: [{ role: 'db' }] }), access('shared', 'binding:callers')],
    {},
    ['warning SelectorNotExclusive TrafficTarget/shop/t spec.sources[0]'],
  ],
  'as a source, an identity that is named besides its labels is let in': [
    [
      identityBinding('shop/callers', {
        podSelectors: [{ role: 'db' }],
        spiffeIdentities: ['cluster.local/ns/shop/sa/shared'],
      }),
      access('shared', 'binding:callers'),
    ],
    { 'web-1': ['t from shop/shared: any'], 'web-2': ['t from shop/shared: any'] },
  ],
  'as a source, a binding that does not exist lets nobody in': [
    [access('shared', 'binding:gone')],
    {},
    ['warning IdentityBindingNotFound TrafficTarget/shop/t spec.sources[0].name'],
  ],
  'a binding of another namespace speaks for that namespace': [
    [
      identityBinding('other/callers', { podSelectors: [{ role: 'caller' }] }),
      access('shared', 'binding:other/callers'),
    ],
    { 'web-1': ['t from other/client: any'], 'web-2': ['t from other/client: any'] },
  ],
  'an identity of another namespace or trust domain, or of no service account, is nobody': [
    [
      identityBinding('shop/callers', {
        spiffeIdentities: [
          'cluster.local/ns/other/sa/client',
          'example.org/ns/shop/sa/client',
          'cluster.local/ns/shop/sa/',
          'cluster.local/ns/shop/sa/client/more',
        ],
      }),
      access('shared', 'binding:callers'),
    ],
    {},
    [0, 1, 2, 3].map(
      (i) => `error InvalidIdentityBinding IdentityBinding/shop/callers spec.schemes.spiffeIdentities[${i}]`,
    ),
  ],
  'a selector beside a service account is ambiguous, and neither counts': [
    [
      identityBinding('shop/callers', { podSelectors: [{ role: 'caller' }], serviceAccount: 'client' }),
      access('shared', 'binding:callers'),
    ],
    {},
    ['error InvalidIdentityBinding IdentityBinding/shop/callers spec.schemes'],
  ],
  'a binding without any scheme names nobody': [
    [identityBinding('shop/callers', {}), access('shared', 'binding:callers')],
    {},
    ['error InvalidIdentityBinding IdentityBinding/shop/callers spec.schemes'],
  ],
};

for (const [title, [more, grants, problems = []]] of Object.entries(rows)) {
  test(`R40: ${title}`, () => {
    const mesh = meshOf(...objects, ...more);
    const found = ['web-1', 'web-2'].map((name) => [name, grantsAt(mesh, `shop/${name}`, 80)] as const);
    assert.deepEqual(Object.fromEntries(found.filter(([, grants]) => grants.length > 0)), grants);
    assert.deepEqual(problemsOf(mesh), problems);
  });
}

test('R52: objects that mean a pod by name and by label come in one order', () => {
  const mesh = meshOf(
    ...objects,
    identityBinding('shop/db', { podSelectors: [{ role: 'db' }] }),
    trafficTarget('shop/a', { to: 'binding:db', from: ['client'], rules: ['TCPRoute/any'] }),
    trafficTarget('shop/b', { to: 'shared', from: ['client'], rules: ['TCPRoute/any'] }),
  );
  assert.deepEqual(grantsAt(mesh, 'shop/web-1', 80), ['a from shop/client: any', 'b from shop/client: any']);
});
