import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { decodeYaml, said } from '../testing/decode-yaml.ts';
import { objectKinds } from './cluster-state.ts';
import { decodeObject, decodeResource, objectsIn } from './decode.ts';
import { resources } from './resources.ts';

test('an object becomes a change of its kind, under its namespace and name', () => {
  const decoded = decodeYaml('{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}}');
  assert.equal(decoded.outcome, 'object');
  assert.deepEqual([decoded.change.kind, decoded.change.key], ['ServiceAccount', 'shop/web']);
});

test('a Namespace has no namespace, whatever is written', () => {
  const decoded = decodeYaml('{apiVersion: v1, kind: Namespace, metadata: {name: shop, namespace: x}}');
  assert.equal(decoded.outcome, 'object');
  assert.equal(decoded.change.key, '/shop');
});

test('a part that is not understood is a problem with its object, field and location', () => {
  const raw = parse(`
    apiVersion: split.smi-spec.io/v1alpha4
    kind: TrafficSplit
    metadata: {name: reviews, namespace: shop}
    spec: {service: reviews, backends: [{service: reviews-v1, weight: -1}]}`);
  const decoded = decodeObject(raw, 'reviews.yaml:3');
  assert.equal(decoded.outcome, 'object');
  assert.deepEqual(decoded.problems, [
    {
      severity: 'error',
      reason: 'InvalidWeight',
      object: { group: 'split.smi-spec.io', kind: 'TrafficSplit', namespace: 'shop', name: 'reviews' },
      field: 'spec.backends[0].weight',
      message: 'must not be negative, as -1 is; it counts as 0',
      location: 'reviews.yaml:3',
    },
  ]);
});

test('an object that is not understood still says which it is, so that its last good state can stay', () => {
  const decoded = decodeYaml(
    '{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: reviews, namespace: shop}}',
  );
  assert.equal(decoded.outcome, 'invalid');
  assert.deepEqual([decoded.kind, decoded.key], ['TrafficSplit', 'shop/reviews']);
});

const ignored: Readonly<Record<string, unknown>> = {
  'an empty document': null,
  'a kind that is not read': { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } },
  'a kind of the name in another group': { apiVersion: 'serving.example/v1', kind: 'Service', metadata: { name: 'a' } },
};

for (const [name, raw] of Object.entries(ignored)) {
  test(`${name} is ignored`, () => assert.deepEqual(decodeObject(raw), { outcome: 'ignored' }));
}

const refused: Readonly<Record<string, readonly [raw: unknown, said: string]>> = {
  'a document that is no map': [
    'hello',
    'document without a name: must be a map, not the string "hello" (InvalidObject)',
  ],
  'an object without a kind': [
    { apiVersion: 'v1', metadata: { name: 'a' } },
    'object default/a: kind: is required: a string (InvalidObject)',
  ],
  'an object without an API version': [
    { kind: 'Service', metadata: { name: 'a' } },
    'Service default/a: apiVersion: is required: a string (InvalidObject)',
  ],
  'a version that is not read': [
    { apiVersion: 'access.smi-spec.io/v1', kind: 'TrafficTarget', metadata: { name: 'a' } },
    'TrafficTarget default/a: apiVersion: is not read; these are: access.smi-spec.io/v1alpha3, access.smi-spec.io/v1alpha4, access.smi-spec.io/v1alpha2, access.smi-spec.io/v1alpha1 (UnsupportedVersion)',
  ],
  'a kind that an SMI group does not have': [
    { apiVersion: 'split.smi-spec.io/v1alpha4', kind: 'TrafficSplits', metadata: { name: 'a' } },
    'TrafficSplits default/a: kind: is no kind of split.smi-spec.io; the object is ignored (InvalidObject)',
  ],
};

for (const [name, [raw, message]] of Object.entries(refused)) {
  test(`${name} is refused`, () => {
    const decoded = decodeObject(raw);
    assert.equal(decoded.outcome, 'invalid');
    assert.deepEqual(said(decoded), [message]);
  });
}

test('the input is neither changed nor held on to', () => {
  const raw = parse(`
    apiVersion: v1
    kind: Pod
    metadata: {name: a, labels: {app: a}, annotations: {smi-envoy.io/mode: audit}}
    spec: {containers: [{ports: [{containerPort: 80}]}]}
    status: {podIPs: [{ip: 10.0.0.1}]}`);
  const before = structuredClone(raw);
  const decoded = decodeObject(raw);
  assert.deepEqual(raw, before);
  assert.equal(decoded.outcome, 'object');
  const held = new Set(objectsWithin(raw));
  assert.deepEqual(
    objectsWithin(decoded.change.object).filter((each) => held.has(each)),
    [],
  );
});

function objectsWithin(value: unknown): readonly object[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(objectsWithin)] : [];
}

test('an item of a list, which says neither kind nor version, is decoded as what the list is of', () => {
  const services = resources.find(({ kind }) => kind === 'Service');
  assert.ok(services !== undefined);
  const decoded = decodeResource(services, 'v1', { metadata: { name: 'web' } });
  assert.equal(decoded.outcome, 'object');
  assert.equal(decoded.change.key, 'default/web');
});

test('a list stands for its items', () => {
  const [service, split] = [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } },
    { metadata: { name: 'reviews' }, spec: {} },
  ];
  assert.deepEqual(
    objectsIn({
      apiVersion: 'v1',
      kind: 'List',
      items: [service, { apiVersion: 'split.smi-spec.io/v1alpha4', kind: 'TrafficSplitList', items: [split] }],
    }),
    [service, { apiVersion: 'split.smi-spec.io/v1alpha4', kind: 'TrafficSplit', ...split }],
  );
  assert.deepEqual(objectsIn(service), [service]);
  assert.deepEqual(objectsIn(null), [null]);
});

test('every kind of object is a resource, and the storage version is read where it is served', () => {
  assert.deepEqual(resources.map(({ kind }) => kind).sort(), [...objectKinds].sort());
  assert.deepEqual(
    resources.filter(({ group }) => group.endsWith('smi-spec.io')).map(({ plural, versions }) => [plural, ...versions]),
    [
      ['trafficsplits', 'v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'],
      ['traffictargets', 'v1alpha3', 'v1alpha4', 'v1alpha2', 'v1alpha1'],
      ['identitybindings', 'v1alpha4'],
      ['httproutegroups', 'v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'],
      ['tcproutes', 'v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'],
      ['udproutes', 'v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'],
    ],
  );
});
