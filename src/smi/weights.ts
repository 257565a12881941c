import { nameOfType } from '../objects/decoding.ts';
import { parseMilliQuantity } from './quantity.ts';

/** What a TrafficSplit backend has as `weight`, in thousandths; or why it counts as zero. */
export type WrittenWeight = { readonly milli: bigint } | { readonly flaw: string };

/**
 * Reads a weight as any version spells it (rules R2, R6). A string is a quantity in every version: an API server that
 * does not convert serves what was written in v1alpha1 as v1alpha4 too. A fractional number is a quantity in v1alpha1
 * and wrong in the others, which want whole numbers.
 */
export function readWeight(written: unknown, version: string): WrittenWeight {
  if (written === undefined || written === null) return { milli: 0n };
  if (typeof written === 'number' && !Number.isInteger(written) && version !== 'v1alpha1') {
    return { flaw: `must be a whole number, not ${written}; it counts as 0` };
  }
  const milli =
    typeof written === 'number' || typeof written === 'string' ? parseMilliQuantity(String(written)) : undefined;
  if (milli === undefined) return { flaw: `must be a number, not ${nameOfType(written)}; it counts as 0` };
  if (milli < 0n) return { flaw: `must not be negative, as ${written} is; it counts as 0` };
  return { milli };
}

/** Envoy adds the weights of a route up in 32 bits. */
const largestSum = 2n ** 32n - 1n;

/**
 * Whole numbers in the ratio of the weights. Weights that are all whole stay what they are, and others are divided by
 * their greatest common divisor, so that 90 and 10 read the same in every version, and 500m and 1 are 1 and 2. Where
 * their sum is more than 2^32-1, they are scaled down to it, none of them to zero.
 */
export function wholeWeights(millis: readonly bigint[]): readonly number[] {
  const whole = millis.every((milli) => milli % 1000n === 0n);
  const weights = divideBy(whole ? 1000n : greatestCommonDivisor(millis), millis);
  return (sum(weights) <= largestSum ? weights : scaleDown(divideBy(greatestCommonDivisor(weights), weights))).map(
    Number,
  );
}

function scaleDown(weights: readonly bigint[]): readonly bigint[] {
  const total = sum(weights);
  if (total <= largestSum) return weights;
  const room = largestSum - BigInt(weights.filter((weight) => weight > 0n).length);
  return weights.map((weight) => (weight === 0n ? 0n : (weight * room) / total + 1n));
}

const divideBy = (divisor: bigint, values: readonly bigint[]): readonly bigint[] =>
  divisor === 0n ? values : values.map((value) => value / divisor);

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

function greatestCommonDivisor(values: readonly bigint[]): bigint {
  let divisor = 0n;
  for (let value of values) {
    while (value !== 0n) [divisor, value] = [value, divisor % value];
  }
  return divisor;
}
