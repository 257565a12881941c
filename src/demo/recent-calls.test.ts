import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from './call.ts';
import { RecentCalls } from './recent-calls.ts';

const callAt = (at: number): Call => ({
  from: 'buyer',
  call: 'browse',
  protocol: 'http',
  to: 'shop',
  authority: 'shop.shop:80',
  ms: 1,
  at,
});

test('calls are given from a moment on, in the order of their reports, and those of the last minute are kept', () => {
  const calls = new RecentCalls();
  const since = (time: number) => calls.since(time).map(({ at }) => at);
  for (const at of [0, 70_000, 100_000]) calls.add(callAt(at));
  assert.deepEqual(since(70_000), [70_000, 100_000]);
  assert.deepEqual(since(100_001), []);
  calls.add(callAt(125_000));
  assert.deepEqual(since(0), [70_000, 100_000, 125_000]);
});
