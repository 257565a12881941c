import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedMemo, keepSameMap, memoizeByIdentity, memoizeEntries, memoizeLast } from './memo.ts';

test('the last output comes back for the same inputs, and for arrays of the same elements', () => {
  const wrap = memoizeLast((list: readonly number[], word: string) => ({ list, word }));
  const first = wrap([1, 2], 'a');
  assert.equal(wrap([1, 2], 'a'), first);
  assert.notEqual(wrap([2, 1], 'a'), first);
  assert.notEqual(wrap([1, 2], 'a'), first, 'only the last is remembered');
});

test('each key has its own memory', () => {
  const wrap = new KeyedMemo((key: string, value: number) => ({ key, value }));
  const [a, b] = [wrap.get('a', 1), wrap.get('b', 1)];
  assert.equal(wrap.get('a', 1), a);
  assert.equal(wrap.get('b', 1), b);
  assert.deepEqual(wrap.get('a', 2), { key: 'a', value: 2 });
});

test('a key that was not asked for between two sweeps is forgotten', () => {
  const wrap = new KeyedMemo((key: string) => ({ key }));
  const [a, b] = [wrap.get('a'), wrap.get('b')];
  wrap.sweep();
  wrap.get('a');
  wrap.sweep();
  assert.equal(wrap.get('a'), a);
  assert.notEqual(wrap.get('b'), b);
});

test('of a map, only the entries with another value are computed again, wherever they stand', () => {
  const computed: string[] = [];
  const wrap = memoizeEntries((key: string) => (value: number) => {
    computed.push(key);
    return { key, value };
  });
  const [a, b] = wrap(new Map(Object.entries({ a: 1, b: 1 })));
  assert.deepEqual(
    [a, b],
    [
      { key: 'a', value: 1 },
      { key: 'b', value: 1 },
    ],
  );
  const later = wrap(new Map(Object.entries({ c: 1, a: 1, b: 2 })));
  assert.equal(later[1], a);
  assert.deepEqual(later[2], { key: 'b', value: 2 });
  assert.deepEqual(computed, ['a', 'b', 'c', 'b']);
});

test('each entry keeps its function until its key is left out', () => {
  const count = memoizeEntries(() => {
    let calls = 0;
    return (_value: number) => ++calls;
  });
  assert.deepEqual(count(new Map([['a', 1]])), [1]);
  assert.deepEqual(count(new Map([['a', 2]])), [2]);
  assert.deepEqual(count(new Map()), []);
  assert.deepEqual(count(new Map([['a', 3]])), [1]);
});

test('an object’s output is remembered by its identity', () => {
  const wrap = memoizeByIdentity((input: object) => ({ input }));
  const input = {};
  assert.equal(wrap(input), wrap(input));
  assert.notEqual(wrap({}), wrap({}));
});

test('a map with the same entries in the same order is replaced by the one that was there', () => {
  const same = keepSameMap<string, object>();
  const value = {};
  const first = same(
    new Map([
      ['a', value],
      ['b', value],
    ]),
  );
  assert.equal(
    same(
      new Map([
        ['a', value],
        ['b', value],
      ]),
    ),
    first,
  );
  assert.notEqual(
    same(
      new Map([
        ['b', value],
        ['a', value],
      ]),
    ),
    first,
    'another order',
  );
  const second = same(
    new Map([
      ['a', value],
      ['b', {}],
    ]),
  );
  assert.notEqual(second, first, 'another value');
  assert.notEqual(same(new Map([['a', value]])), second, 'an entry less');
});
