import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readWeight, wholeWeights } from './weights.ts';

const weights: Readonly<Record<string, readonly [millis: readonly bigint[], whole: readonly number[]]>> = {
  'whole weights stay as they were written': [
    [90_000n, 10_000n],
    [90, 10],
  ],
  'weights that are not all whole are divided by their greatest common divisor': [
    [500n, 1000n],
    [1, 2],
  ],
  'zeros stay zeros': [
    [0n, 0n],
    [0, 0],
  ],
  'a zero beside a fraction stays zero': [
    [0n, 1500n],
    [0, 1],
  ],
  'no weights are none': [[], []],
  'a sum of more than 2^32-1 is divided by the common divisor where that is enough': [
    [6_000_000_000_000n, 3_000_000_000_000n],
    [2, 1],
  ],
  'a sum of more than 2^32-1 is scaled down, none to zero': [
    [8_589_934_591_000n, 1000n, 0n],
    [4_294_967_293, 1, 0],
  ],
};

for (const [name, [millis, whole]] of Object.entries(weights)) {
  test(name, () => assert.deepEqual(wholeWeights(millis), whole));
}

test('weights of any size keep their ratio, their order and a sum that Envoy takes', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 70n }), { minLength: 1, maxLength: 5 }), (millis) => {
      const whole = wholeWeights(millis);
      assert.ok(whole.reduce((sum, weight) => sum + weight, 0) <= 2 ** 32 - 1);
      const [total, wholeTotal] = [millis.reduce((a, b) => a + b), whole.reduce((a, b) => a + b)];
      whole.forEach((weight, i) => {
        const milli = millis[i] ?? 0n;
        assert.equal(weight === 0, milli === 0n);
        if (milli === 0n) return;
        assert.ok(Math.abs(weight / wholeTotal - Number(milli) / Number(total)) < 1e-8, 'the share changed');
      });
    }),
  );
});

const written: Readonly<
  Record<string, readonly [weight: unknown, version: string, milli: bigint | undefined, flaw?: string]>
> = {
  'a missing weight is 0 (R6)': [undefined, 'v1alpha2', 0n],
  'a null weight is 0': [null, 'v1alpha1', 0n],
  'a quantity is read in v1alpha1': ['500m', 'v1alpha1', 500n],
  'a number is read in v1alpha1': [3, 'v1alpha1', 3000n],
  'a fractional number is a quantity in v1alpha1': [1.5, 'v1alpha1', 1500n],
  'a quantity is read in the storage version, served as it was written': ['500m', 'v1alpha4', 500n],
  'a whole number is read in v1alpha4': [90, 'v1alpha4', 90_000n],
  'a fractional number counts as 0 in v1alpha2 (R6)': [
    1.5,
    'v1alpha2',
    undefined,
    'must be a whole number, not 1.5; it counts as 0',
  ],
  'a negative number counts as 0 (R6)': [-1, 'v1alpha4', undefined, 'must not be negative, as -1 is; it counts as 0'],
  'a negative quantity counts as 0': [
    '-500m',
    'v1alpha1',
    undefined,
    'must not be negative, as -500m is; it counts as 0',
  ],
  'a word counts as 0': ['half', 'v1alpha1', undefined, 'must be a number, not the string "half"; it counts as 0'],
  'a map counts as 0': [{}, 'v1alpha1', undefined, 'must be a number, not a map; it counts as 0'],
};

for (const [name, [weight, version, milli, flaw]] of Object.entries(written)) {
  test(name, () => assert.deepEqual(readWeight(weight, version), milli === undefined ? { flaw } : { milli }));
}
