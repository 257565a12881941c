import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSplit, quantile } from './statistics.ts';

const verdicts: Record<
  string,
  { readonly shares: readonly [weight: number, count: number][]; readonly fits: boolean }
> = {
  'exactly the wanted shares fit': {
    shares: [
      [90, 450],
      [10, 50],
    ],
    fits: true,
  },
  'a deviation that chance explains fits': {
    shares: [
      [90, 470],
      [10, 30],
    ],
    fits: true,
  },
  'half and half is not nine to one': {
    shares: [
      [90, 250],
      [10, 250],
    ],
    fits: false,
  },
  'nine to one is not half and half': {
    shares: [
      [50, 450],
      [50, 50],
    ],
    fits: false,
  },
  'everything to the only one with weight fits': {
    shares: [
      [1, 200],
      [0, 0],
    ],
    fits: true,
  },
  'a single stray answer from what has no weight does not fit': {
    shares: [
      [1, 199],
      [0, 1],
    ],
    fits: false,
  },
  'nothing counted is not a fit': {
    shares: [
      [50, 0],
      [50, 0],
    ],
    fits: false,
  },
  'three shares are judged together': {
    shares: [
      [1, 100],
      [1, 110],
      [2, 190],
    ],
    fits: true,
  },
};

for (const [sentence, { shares, fits }] of Object.entries(verdicts)) {
  test(`judging a split: ${sentence}`, () => {
    assert.equal(judgeSplit(shares.map(([weight, count]) => ({ weight, count }))).fits, fits);
  });
}

test('the statistic is Pearson’s', () => {
  assert.deepEqual(
    judgeSplit([
      { weight: 90, count: 470 },
      { weight: 10, count: 30 },
    ]),
    { fits: true, chiSquare: 20 ** 2 / 450 + 20 ** 2 / 50, limit: 23.93 },
  );
});

test('a quantile is a value that was given, and of nothing there is none', () => {
  assert.equal(quantile([5, 1, 3], 0.5), 3);
  assert.equal(quantile([5, 1, 3], 1), 5);
  assert.equal(quantile([], 0.5), undefined);
});
