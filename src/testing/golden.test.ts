import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze } from './deep-freeze.ts';
import { compactYaml, nameFragments } from './fragments.ts';
import { compare } from './golden.ts';

const files = (written: Readonly<Record<string, string>>) => new Map(Object.entries(written));

test('what comes out is compared with what is there both ways', () => {
  assert.equal(compare(files({ a: '1' }), files({ a: '1' })), '');
  assert.match(compare(files({ a: '1', b: '' }), files({ a: '1' })), /^b came out, but is not there/);
  assert.match(compare(files({ a: '1' }), files({ a: '1', b: '' })), /^b is there, but nothing makes it any more/);
  assert.equal(compare(files({ a: '2' }), files({ a: '1' })), 'a (- expected, + came out)\n- 1\n+ 2');
});

test('fragments stand for what they are made of, and for nothing that differs from it', () => {
  const fragments = { pair: { a: 1, b: { c: [2] } }, single: { d: 3 } };
  const used = new Set<string>();
  const value = [{ a: 1, b: { c: [2] }, d: 3, e: 4 }, { a: 1, b: { c: [] } }, { d: 3 }];
  const named = [{ '<<': ['pair', 'single'], e: 4 }, { a: 1, b: { c: [] } }, { '<<': 'single' }];
  assert.deepEqual(nameFragments(value, fragments, used), named);
  assert.deepEqual([...used], ['pair', 'single']);
});

test('YAML is put on one line where it fits', () => {
  assert.equal(
    compactYaml({ short: { a: [1, 2] }, long: ['x'.repeat(60), 'y'.repeat(60)] }),
    ['short: { a: [ 1, 2 ] }', 'long:', `  - ${'x'.repeat(60)}`, `  - ${'y'.repeat(60)}`, ''].join('\n'),
  );
});

test('what is frozen cannot be changed, however deep', () => {
  const value = deepFreeze({ list: [{ a: 1 }], map: new Map([['a', { b: 1 }]]), set: new Set([1]) });
  const changes: readonly (() => unknown)[] = [
    () => value.list.push({ a: 2 }),
    () => Object.assign(value.list[0] ?? {}, { a: 2 }),
    () => value.map.set('b', { b: 2 }),
    () => Object.assign(value.map.get('a') ?? {}, { b: 2 }),
    () => value.set.add(2),
    () => value.set.delete(1),
  ];
  for (const change of changes) assert.throws(change, TypeError);
});
