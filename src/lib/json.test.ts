import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJsonMap, sameJson, withKey } from './json.ts';

const pairs: Readonly<Record<string, readonly [a: unknown, b: unknown, same: boolean]>> = {
  'equal scalars are the same': ['a', 'a', true],
  'a number and its text are not': [1, '1', false],
  'null and nothing are not': [null, undefined, false],
  'maps are the same in whatever order': [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
  'a key more makes another map': [{ a: 1 }, { a: 1, b: 2 }, false],
  'another key makes another map': [{ a: undefined }, { b: undefined }, false],
  'lists are the same in the same order': [[1, { a: 2 }], [1, { a: 2 }], true],
  'lists in another order are not': [[1, 2], [2, 1], false],
  'a list is not a map with its indices': [['a'], { 0: 'a' }, false],
  'a map is not a list': [{ 0: 'a' }, ['a'], false],
};

for (const [name, [a, b, same]] of Object.entries(pairs)) {
  test(name, () => assert.equal(sameJson(a, b), same));
}

test('a map is neither null nor a list', () => {
  assert.deepEqual([{}, null, [], 'x', undefined].map(isJsonMap), [true, false, false, false, false]);
});

test('a key is set or taken away in a copy', () => {
  const map = Object.freeze({ a: 1, b: 2 });
  assert.deepEqual(withKey(map, 'a', 3), { a: 3, b: 2 });
  assert.deepEqual(withKey(map, 'a', undefined), { b: 2 });
  assert.deepEqual(withKey(map, 'c', null), { a: 1, b: 2, c: null });
});
