import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { Settling } from './settling.ts';

function start() {
  const clock = new ManualClock();
  const settled: number[] = [];
  const overdue: (readonly [number, readonly number[]])[] = [];
  const settling = new Settling<{ sequence: number }>({
    onSettled: ({ sequence }) => settled.push(sequence),
    onOverdue: ({ sequence }, streams) => overdue.push([sequence, streams]),
    patience: 10_000,
    clock,
  });
  return { settling, settled, overdue, clock };
}

test('a publication settles with its last acknowledgement', () => {
  const { settled, settling } = start();
  settling.begin({ sequence: 1 }, [10, 11]);
  settling.acknowledged(10, 1);
  assert.deepEqual(settled, []);
  settling.acknowledged(11, 1);
  assert.deepEqual(settled, [1]);
});

test('a later acknowledgement stands for the earlier ones of that stream', () => {
  const { settled, settling } = start();
  settling.begin({ sequence: 1 }, [10]);
  settling.begin({ sequence: 2 }, [10, 11]);
  settling.acknowledged(10, 2);
  assert.deepEqual(settled, [1]);
  settling.acknowledged(11, 1);
  assert.deepEqual(settled, [1]);
  settling.acknowledged(11, 2);
  assert.deepEqual(settled, [1, 2]);
});

test('an acknowledgement may come before it is waited for', () => {
  const { settled, settling } = start();
  settling.acknowledged(10, 1);
  settling.begin({ sequence: 1 }, [10]);
  settling.begin({ sequence: 2 }, [10]);
  assert.deepEqual(settled, [1]);
});

test('nobody waits for a stream that ended, nor for a publication that concerns no stream', () => {
  const { settled, settling, clock } = start();
  settling.begin({ sequence: 1 }, [10, 11]);
  settling.begin({ sequence: 2 }, []);
  assert.deepEqual(settled, [2]);
  settling.acknowledged(10, 1);
  settling.gone(11);
  assert.deepEqual(settled, [2, 1]);
  assert.equal(clock.untilNext, undefined);
});

test('who has not acknowledged in time is named once, and waited for', () => {
  const { settled, settling, overdue, clock } = start();
  settling.begin({ sequence: 1 }, [10, 11]);
  settling.acknowledged(10, 1);
  clock.advance(60_000);
  assert.deepEqual(overdue, [[1, [11]]]);
  settling.acknowledged(11, 1);
  assert.deepEqual(settled, [1]);
});
