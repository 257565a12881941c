import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvoyResource, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { resourceTypes } from '../envoy/resource-type.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { LayerMaker } from './make.ts';

const split: ObjectRef = { group: 'split.smi-spec.io', kind: 'TrafficSplit', namespace: 'a', name: 'b' };

const secret = (name: string, text: string): Extract<EnvoyResource, { readonly type: 'secret' }> => ({
  type: 'secret',
  name,
  message: {
    name,
    type: { $case: 'genericSecret', value: { secret: { specifier: { $case: 'inlineString', value: text } } } },
  },
  origins: [split],
});

const setOf = (...secrets: readonly ReturnType<typeof secret>[]): EnvoyResourceSet => ({
  ...(Object.fromEntries(resourceTypes.map((type) => [type, new Map()])) as unknown as EnvoyResourceSet),
  secret: new Map(secrets.map((resource) => [resource.name, resource])),
});

const allValid = () => [];
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

test('what did not change comes out as the same objects, though its messages were made anew', () => {
  const maker = new LayerMaker(allValid);
  const first = maker.make('shared', { resources: setOf(secret('a', '1'), secret('b', '1')), names: 'all' });
  const second = maker.make('shared', { resources: setOf(secret('a', '1'), secret('b', '1')), names: 'all' });
  assert.equal(second, first);
  const third = maker.make('shared', { resources: setOf(secret('a', '1'), secret('b', '2')), names: 'all' });
  assert.notEqual(third, first);
  assert.equal(third.resources.cluster, first.resources.cluster);
  assert.equal(third.resources.secret.get('a'), first.resources.secret.get('a'));
  assert.notEqual(third.resources.secret.get('b')?.version, first.resources.secret.get('b')?.version);
});

test('equal contents have equal versions in every lineage and every process', () => {
  const maker = new LayerMaker(allValid);
  const versions = ['one', 'two'].map(
    (lineage) => maker.makeResources(lineage, setOf(secret('a', '1'))).secret.get('a')?.version,
  );
  assert.deepEqual(versions, ['lU9ddSbSa6N-R-WU-yje', 'lU9ddSbSa6N-R-WU-yje']);
});

test('a resource that is removed is gone, and one that has another origin is another', () => {
  const maker = new LayerMaker(allValid);
  const a = secret('a', '1');
  const first = maker.makeResources('shared', setOf(a, secret('b', '1')));
  const second = maker.makeResources('shared', setOf({ ...a, origins: [{ ...split, name: 'other' }] }));
  assert.deepEqual([...second.secret.keys()], ['a']);
  assert.equal(second.secret.get('a')?.version, first.secret.get('a')?.version);
  assert.equal(second.secret.get('a')?.origins[0]?.name, 'other');
});

test('what fails validation is withheld and told of, and the last good one of its lineage stays', () => {
  const maker = new LayerMaker(({ name, message }) =>
    JSON.stringify(message).includes('bad') ? [`${name} has a bad secret`] : [],
  );
  maker.makeResources('shared', setOf(secret('a', 'good')));
  const shared = maker.makeResources('shared', setOf(secret('a', 'bad'), secret('new', 'bad')));
  assert.deepEqual([...shared.secret.keys()], ['a']);
  assert.match(text(shared.secret.get('a')?.bytes), /good/);
  const other = maker.makeResources('other', setOf(secret('a', 'bad')));
  assert.deepEqual([...other.secret.keys()], []);
  assert.deepEqual(
    maker.diagnostics().map(({ reason, object, message }) => [reason, object, message]),
    [
      [
        'ResourceInvalid',
        split,
        'Envoy would reject the secret a made from it: a has a bad secret; its last good version stays',
      ],
      [
        'ResourceInvalid',
        split,
        'Envoy would reject the secret new made from it: new has a bad secret; it is left out',
      ],
      ['ResourceInvalid', split, 'Envoy would reject the secret a made from it: a has a bad secret; it is left out'],
    ],
  );
  maker.forget('other');
  maker.makeResources('shared', setOf(secret('a', 'good again')));
  assert.deepEqual(maker.diagnostics(), []);
});

test('a message that stays is validated once', () => {
  const asked: string[] = [];
  const maker = new LayerMaker(({ name }) => {
    asked.push(name);
    return [];
  });
  const a = secret('a', '1');
  maker.makeResources('shared', setOf(a));
  maker.makeResources('shared', setOf(a, secret('b', '1')));
  maker.makeResources('shared', setOf(a));
  assert.deepEqual(asked, ['a', 'b']);
});
