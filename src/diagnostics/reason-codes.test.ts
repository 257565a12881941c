import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { reasonCodes } from './reason-codes.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/diagnostics.md'), 'utf8');

test('docs/diagnostics.md explains every reason code, in the words of the code, and no other', () => {
  const explained = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, code = '', meaning = '']) => [
    code,
    meaning,
  ]);
  assert.deepEqual(Object.fromEntries(explained), { ...reasonCodes });
});
