import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differingKeys } from './differing-keys.ts';

type Entries = Readonly<Record<string, number>>;

const cases: Readonly<Record<string, readonly [before: Entries, after: Entries, differing: readonly string[]]>> = {
  'the same entries': [{ a: 1, b: 2 }, { a: 1, b: 2 }, []],
  'the same entries in another order': [{ a: 1, b: 2, c: 3 }, { c: 3, a: 1, b: 2 }, []],
  'another value': [{ a: 1, b: 2, c: 3 }, { a: 1, b: 7, c: 3 }, ['b']],
  'another value behind a new key': [{ a: 1, c: 3, d: 4 }, { a: 1, b: 2, c: 7, d: 4 }, ['b', 'c']],
  'a key that is gone from the middle': [{ a: 1, b: 2, c: 3 }, { a: 1, c: 3 }, ['b']],
  'a key that is gone from the end': [{ a: 1, b: 2 }, { a: 1 }, ['b']],
  'a key that took the place of another': [{ a: 1, b: 2, c: 3 }, { a: 1, x: 2, c: 3 }, ['b', 'x']],
  'nothing before': [{}, { a: 1 }, ['a']],
  'nothing after': [{ a: 1 }, {}, ['a']],
};

for (const [name, [before, after, differing]] of Object.entries(cases)) {
  test(`which keys differ: ${name}`, () => {
    const found = differingKeys(new Map(Object.entries(before)), new Map(Object.entries(after)));
    assert.deepEqual([...found].sort(), differing);
  });
}
