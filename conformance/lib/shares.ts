import assert from 'node:assert/strict';

/** Chi-square that a true hypothesis exceeds once in a million times, by degrees of freedom. */
const limits: Readonly<Record<number, number>> = { 1: 23.93, 2: 27.63, 3: 30.66 };

/** How often each value occurs. */
export function tally<T extends string>(values: readonly T[]): Readonly<Partial<Record<T, number>>> {
  const counts: Partial<Record<T, number>> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** The values are distributed as the weights say: nothing else occurs, and chi-square is not too large to be chance. */
export function assertShares(values: readonly string[], weights: Readonly<Record<string, number>>): void {
  const counts = tally(values);
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  const strange = Object.keys(counts).filter((value) => !weights[value]);
  assert.deepEqual(strange, [], `what nobody expected: ${JSON.stringify(counts)}`);
  const chosen = Object.entries(weights).filter(([, weight]) => weight > 0);
  const chiSquare = chosen.reduce((total, [value, weight]) => {
    const expected = (values.length * weight) / sum;
    return total + ((counts[value] ?? 0) - expected) ** 2 / expected;
  }, 0);
  const limit = chosen.length === 1 ? 0 : limits[chosen.length - 1];
  assert.ok(limit !== undefined, 'too many shares for the table of limits');
  assert.ok(chiSquare <= limit, `${JSON.stringify(counts)} is not ${JSON.stringify(weights)}: chi-square ${chiSquare}`);
}
