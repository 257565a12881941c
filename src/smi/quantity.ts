/**
 * Kubernetes quantities, the weights of TrafficSplit v1alpha1.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
const grammar = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/;

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** "No quantity may represent a number greater than 2^63-1 in magnitude": greater ones are capped. */
const largest = (2n ** 63n - 1n) * 1000n;

/** Longer than any quantity needs to be; keeps absurd ones from costing time. */
const longest = 64;

/**
 * A quantity in thousandths, or `undefined` where it is none. As in Kubernetes, what is finer than a thousandth is
 * rounded up, away from zero: a weight that is not zero never becomes zero.
 */
export function parseMilliQuantity(text: string): bigint | undefined {
  const parts = text.length > longest ? null : grammar.exec(text);
  if (parts === null) return undefined;
  const [, sign, number = '', suffix = '', exponent = '0'] = parts;
  const [whole = '', fraction = ''] = number.split('.');
  const digits = BigInt(whole + fraction) * 2n ** BigInt(binaryExponents[suffix] ?? 0);
  const powerOfTen = (decimalExponents[suffix] ?? 0) + Number(exponent) - fraction.length + 3;
  const milli =
    powerOfTen >= 0 ? digits * 10n ** BigInt(powerOfTen) : divideRoundingUp(digits, 10n ** BigInt(-powerOfTen));
  const capped = milli > largest ? largest : milli;
  return sign === '-' ? -capped : capped;
}

const divideRoundingUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;
