import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { Coalescer } from './coalescer.ts';

function setUp() {
  const clock = new ManualClock();
  const runs: number[] = [];
  const coalescer = new Coalescer(() => runs.push(clock.now()), 20, clock);
  return { clock, runs, coalescer };
}

test('the first request runs at once, but not inside the request', () => {
  const { clock, runs, coalescer } = setUp();
  clock.advance(100);
  coalescer.request();
  assert.deepEqual(runs, []);
  clock.advance(0);
  assert.deepEqual(runs, [100]);
});

test('requests that come together share one run', () => {
  const { clock, runs, coalescer } = setUp();
  coalescer.request();
  coalescer.request();
  clock.advance(50);
  assert.deepEqual(runs, [0]);
});

test('requests soon after a run share one run at the end of the window', () => {
  const { clock, runs, coalescer } = setUp();
  coalescer.request();
  clock.advance(5);
  coalescer.request();
  clock.advance(5);
  coalescer.request();
  clock.advance(100);
  assert.deepEqual(runs, [0, 20]);
});

test('under a steady stream of requests there is one run per window, and the last request is never lost', () => {
  const { clock, runs, coalescer } = setUp();
  for (let i = 0; i < 50; i++) {
    coalescer.request();
    clock.advance(1);
  }
  clock.advance(100);
  assert.deepEqual(runs, [0, 20, 40, 60]);
});

test('a request after a quiet time runs at once again', () => {
  const { clock, runs, coalescer } = setUp();
  coalescer.request();
  clock.advance(21);
  coalescer.request();
  clock.advance(0);
  assert.deepEqual(runs, [0, 21]);
});

test('stopping drops the run that is still to come', () => {
  const { clock, runs, coalescer } = setUp();
  coalescer.request();
  coalescer.stop();
  clock.advance(100);
  assert.deepEqual(runs, []);
});
