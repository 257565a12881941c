import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cluster, route } from '../testing/resources.ts';
import { changedNames } from './changes.ts';
import { danglingReferences } from './consistency.ts';
import { makeResourceSet } from './make.ts';
import type { Resource } from './resource.ts';
import type { Layer } from './snapshot.ts';

const layer = (names: Layer['names'], ...resources: readonly Resource[]): Layer => ({
  names,
  resources: makeResourceSet(resources),
});
const [a1, a2, b1] = [cluster('a', 1), cluster('a', 2), cluster('b', 1)];

describe('the names that differ between two layers', () => {
  const cases: Record<string, { readonly before: Layer; readonly after: Layer; readonly changed: readonly string[] }> =
    {
      'nothing differs': { before: layer('all', a1, b1), after: layer('all', a1, b1), changed: [] },
      'a resource is made anew with the same content': {
        before: layer('all', a1),
        after: layer('all', cluster('a', 1)),
        changed: [],
      },
      'a resource has another content': { before: layer('all', a1, b1), after: layer('all', a2, b1), changed: ['a'] },
      'a resource is added': { before: layer('all', a1), after: layer('all', a1, b1), changed: ['b'] },
      'a resource is removed': { before: layer('all', a1, b1), after: layer('all', a1), changed: ['b'] },
      'another resource changes than the layer gives': {
        before: layer('all', a1, b1),
        after: layer('all', a2, b1),
        changed: ['a'],
      },
      'the layer gives one name more': {
        before: layer(new Set(['b']), a1, b1),
        after: layer(new Set(['a', 'b']), a1, b1),
        changed: ['a'],
      },
      'the layer gives one name less': {
        before: layer(new Set(['a', 'b']), a1, b1),
        after: layer(new Set(['b']), a1, b1),
        changed: ['a'],
      },
    };
  for (const [sentence, { before, after, changed }] of Object.entries(cases)) {
    test(sentence, () => assert.deepEqual([...changedNames(before, after).cluster].sort(), changed));
  }

  test('a resource that neither layer gives is not named', () => {
    const names = new Set(['b']);
    assert.deepEqual([...changedNames(layer(names, a1, b1), layer(names, a2, b1)).cluster], []);
  });

  test('they are found once for the same two layers', () => {
    const [before, after] = [layer('all', a1), layer('all', a2)];
    assert.equal(changedNames(before, after), changedNames(before, after));
  });
});

test('a reference dangles when the proxy is not given what it leads to', () => {
  const shared = layer('all', cluster('web'), route('web', 1, 'web'), route('api', 1, 'backend'));
  const dangling = danglingReferences({ layers: [shared] });
  assert.deepEqual(
    dangling.map(({ from, to }) => `${from.type} ${from.name} -> ${to.type} ${to.name}`),
    ['cluster web -> endpoint web', 'route api -> cluster backend'],
  );
});
