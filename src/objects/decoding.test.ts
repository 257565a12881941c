import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { fieldPath, parseBy } from './decoding.ts';

test('a path joins names by dots and numbers in brackets', () => {
  assert.equal(fieldPath('spec', 'ports', 0, 'name'), 'spec.ports[0].name');
  assert.equal(fieldPath('', 'spec'), 'spec');
  assert.equal(fieldPath('spec', ''), 'spec');
  assert.equal(fieldPath('spec.ports', 1), 'spec.ports[1]');
});

const findings: Readonly<Record<string, readonly [schema: z.ZodType, raw: unknown, field: string, message: string]>> = {
  'a missing field is required': [z.object({ a: z.string() }), {}, 'at.a', 'is required: a string'],
  'a field of another type says what it is': [
    z.object({ a: z.string() }),
    { a: 5 },
    'at.a',
    'must be a string, not the number 5',
  ],
  'a map where a list should be': [z.array(z.string()), {}, 'at', 'must be a list, not a map'],
  'a list where a map should be': [z.object({}), [], 'at', 'must be a map, not a list'],
  'nothing where a map should be': [z.object({}), null, 'at', 'must be a map, not null'],
  'a boolean where a string should be': [
    z.array(z.string()),
    [true],
    'at[0]',
    'must be a string, not the boolean true',
  ],
  'a schema’s own words are kept': [z.string().min(3, 'is too short'), 'x', 'at', 'is too short'],
};

for (const [name, [schema, raw, field, message]] of Object.entries(findings)) {
  test(name, () => assert.deepEqual(parseBy(schema, raw, 'at'), { ok: false, error: [{ field, message }] }));
}
