/** Is what was counted in keeping with what was wanted? Said with a stated chance of crying wolf. */

/**
 * Quantiles of the chi-square distribution at 1 - 1e-6, by degrees of freedom from 1: a faultless split is called
 * faulty once in a million checks.
 */
const chiSquareQuantiles = [23.93, 27.63, 30.66, 33.38, 35.89, 38.26, 40.52, 42.7] as const;

export interface SplitVerdict {
  readonly fits: boolean;
  readonly chiSquare: number;
  /** Above this, chance is no explanation any more. */
  readonly limit: number;
}

/**
 * Pearson's test of counts against weights. What has no weight must have no count, and if only one has weight there is
 * nothing left to chance.
 */
export function judgeSplit(shares: readonly { readonly weight: number; readonly count: number }[]): SplitVerdict {
  const weighted = shares.filter((share) => share.weight > 0);
  const stray = shares.some((share) => share.weight === 0 && share.count > 0);
  const weights = weighted.reduce((sum, share) => sum + share.weight, 0);
  const total = weighted.reduce((sum, share) => sum + share.count, 0);
  if (weighted.length < 2) return { fits: !stray && total > 0, chiSquare: 0, limit: 0 };
  const limit = chiSquareQuantiles[weighted.length - 2];
  if (limit === undefined) throw new RangeError(`No quantile for ${weighted.length} shares`);
  const chiSquare = weighted.reduce((sum, share) => {
    const expected = (total * share.weight) / weights;
    return sum + (share.count - expected) ** 2 / Math.max(expected, Number.EPSILON);
  }, 0);
  return { fits: !stray && total > 0 && chiSquare <= limit, chiSquare, limit };
}

/** The value below which `fraction` of the values lie; `undefined` of nothing. */
export function quantile(values: readonly number[], fraction: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))];
}
