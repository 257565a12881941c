import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMilliQuantity } from './quantity.ts';

const quantities: Readonly<Record<string, readonly [text: string, milli: bigint | undefined]>> = {
  'a whole number is a thousand thousandths': ['1', 1000n],
  'zero is zero': ['0', 0n],
  'milli is thousandths': ['500m', 500n],
  'zero milli is zero': ['0m', 0n],
  'a fraction is read exactly': ['1.5', 1500n],
  'a fraction may lack its whole part': ['.25', 250n],
  'a fraction may lack its decimals': ['1.', 1000n],
  'a plus sign is allowed': ['+2', 2000n],
  'a minus sign gives a negative number': ['-2', -2000n],
  'kilo is a thousand': ['2k', 2_000_000n],
  'kibi is 1024': ['1Ki', 1_024_000n],
  'gibi is 1024 to the third': ['1Gi', 1_073_741_824_000n],
  'half a mebi is read exactly': ['0.5Mi', 524_288_000n],
  'an exponent may be lower case': ['1e3', 1_000_000n],
  'an exponent may be upper case': ['2E2', 200_000n],
  'an exponent may be negative': ['25e-1', 2500n],
  'a lone E is exa': ['1E', 10n ** 21n],
  'micro is rounded up to a thousandth': ['100u', 1n],
  'nano is rounded up to a thousandth': ['1n', 1n],
  'micro that is whole thousandths is exact': ['3000u', 3n],
  'rounding a negative number goes away from zero': ['-100u', -1n],
  'more than 2^63-1 is capped': ['100E', (2n ** 63n - 1n) * 1000n],
  'an absurd exponent is capped': ['1e999', (2n ** 63n - 1n) * 1000n],
  'an absurdly negative exponent rounds up': ['1e-999', 1n],
  'a number as JSON prints a large one': ['1e+21', (2n ** 63n - 1n) * 1000n],
  'the empty string is none': ['', undefined],
  'a word is none': ['half', undefined],
  'an unknown suffix is none': ['5x', undefined],
  'K is none, only Ki is': ['5K', undefined],
  'a suffix and an exponent together are none': ['1e3k', undefined],
  'spaces are not allowed': [' 1', undefined],
  'hexadecimal is none': ['0x10', undefined],
  'what is longer than any quantity is none': ['1'.repeat(100), undefined],
};

for (const [name, [text, milli]] of Object.entries(quantities)) {
  test(`${name}: ${JSON.stringify(text.slice(0, 20))}`, () => assert.equal(parseMilliQuantity(text), milli));
}
