import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IdSet } from './id-set.ts';

const command = fc.record({ op: fc.constantFrom('add', 'delete'), id: fc.nat(200) });

test('a set of ids answers as a built-in set does, and iterates in ascending order', () => {
  fc.assert(
    fc.property(fc.array(command), fc.array(fc.nat(300)), (commands, others) => {
      const ids = new IdSet();
      const model = new Set<number>();
      for (const { op, id } of commands) {
        if (op === 'add') {
          assert.equal(ids.add(id), !model.has(id));
          model.add(id);
        } else {
          assert.equal(ids.delete(id), model.delete(id));
        }
      }
      ids.addAll(new IdSet(others));
      for (const id of others) model.add(id);
      assert.equal(ids.size, model.size);
      assert.deepEqual(
        [...ids],
        [...model].sort((a, b) => a - b),
      );
      for (let id = 0; id < 320; id++) assert.equal(ids.has(id), model.has(id));
    }),
  );
});

test('a cleared set is empty and usable', () => {
  const ids = new IdSet([1, 2, 3]);
  ids.clear();
  assert.equal(ids.size, 0);
  assert.equal(ids.next(0), -1);
  ids.add(70);
  assert.deepEqual([...ids], [70]);
});
