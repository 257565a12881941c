import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdSet } from '../lib/id-set.ts';
import { NameTable } from './name-table.ts';
import { Subscribers } from './subscribers.ts';

test('names keep their number until nobody uses them, and then others get it', () => {
  const table = new NameTable();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => table.idOf(name));
  assert.deepEqual([a, b, c], [0, 1, 2]);
  assert.equal(table.idOf('b'), 1);
  table.retain(new IdSet([1]));
  assert.deepEqual([table.find('a'), table.find('b'), table.find('c'), table.size], [undefined, 1, undefined, 1]);
  assert.deepEqual(
    ['d', 'e', 'f'].map((name) => table.idOf(name)),
    [0, 2, 3],
  );
  assert.equal(table.nameOf(0), 'd');
});

test('a stream that wants a name twice over, by name and as part of all, is visited once', () => {
  const subscribers = new Subscribers();
  const visited = (id: number | undefined) => {
    const slots: number[] = [];
    subscribers.visit(id, (slot) => slots.push(slot));
    return slots.sort();
  };
  subscribers.addWildcard(3);
  subscribers.add(3, 7);
  subscribers.add(5, 7);
  subscribers.add(6, 8);
  assert.deepEqual(visited(7), [3, 5]);
  assert.deepEqual(visited(undefined), [3]);
  subscribers.deleteWildcard(3);
  subscribers.delete(5, 7);
  assert.deepEqual(visited(7), [3]);
  assert.deepEqual(visited(9), []);
});
