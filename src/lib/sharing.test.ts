import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSharing } from './sharing.ts';

test('equal values become the same', () => {
  const share = createSharing();
  const first = share({ app: 'web', ports: [80] });
  assert.equal(share({ app: 'web', ports: [80] }), first);
  assert.notEqual(share({ app: 'web', ports: [81] }), first);
});

test('values of different types are told apart', () => {
  const share = createSharing();
  assert.deepEqual([share(1), share('1'), share(undefined), share(null)], [1, '1', undefined, null]);
});

test('no more values are remembered than the limit', () => {
  const share = createSharing(2);
  const first = share({ a: 1 });
  share({ b: 1 });
  share({ c: 1 });
  assert.notEqual(share({ a: 1 }), first);
});
