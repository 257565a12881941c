import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldRules } from '../../build/rules/validate/validate.ts';
import { checksOf } from './rule-checks.ts';

type TypedRules = NonNullable<FieldRules['type']>;
const check = (rules: TypedRules) => checksOf(rules, { kind: 'string' }, 'value', (expression) => expression).checks;

const supported: Record<string, { readonly rules: TypedRules; readonly test: string }> = {
  'a length': { rules: { $case: 'string', value: { minLen: 1 } }, test: 'value.length < 1' },
  'a pattern': { rules: { $case: 'string', value: { pattern: '^[^?#]+$' } }, test: '!/^[^?#]+$/u.test(value)' },
  'a bound': { rules: { $case: 'uint32', value: { lte: 65535 } }, test: '!(value <= 65535)' },
  'a duration': { rules: { $case: 'duration', value: { gt: { nanos: 1000000 } } }, test: '!(seconds(value) > 0.001)' },
};
for (const [what, { rules, test: wanted }] of Object.entries(supported)) {
  test(`${what} is tested`, () => {
    assert.deepEqual(
      check(rules).map(({ wrongWhen }) => wrongWhen),
      [wanted],
    );
  });
}

const unsupported: Record<string, { readonly rules: TypedRules; readonly message: RegExp }> = {
  'a rule that nobody uses yet': {
    rules: { $case: 'string', value: { lenBytes: 3 } },
    message: /the rule lenBytes is not supported/,
  },
  'a rule that validate.proto does not name': {
    rules: { $case: 'string', value: { _unknownFields: { 800: [] } } },
    message: /rules with the tags 800 are not in validate\.proto/,
  },
  'a well-known format that nobody uses yet': {
    rules: { $case: 'string', value: { wellKnown: { $case: 'email', value: true } } },
    message: /email is not supported/,
  },
  'a pattern that may match a part': {
    rules: { $case: 'string', value: { pattern: 'a' } },
    message: /is not anchored/,
  },
  'a pattern that JavaScript reads differently': {
    rules: { $case: 'string', value: { pattern: '^(?i)a$' } },
    message: /something else in RE2/,
  },
  'a range that excludes': { rules: { $case: 'uint32', value: { gt: 5, lt: 2 } }, message: /excluding range/ },
};
for (const [what, { rules, message }] of Object.entries(unsupported)) {
  test(`${what} makes the generation fail`, () => {
    assert.throws(() => check(rules), message);
  });
}
