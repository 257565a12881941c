import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allTestFiles, filesOf, suites } from './suites.ts';

test('every test file belongs to exactly one suite', () => {
  assert.deepEqual(suites.flatMap(filesOf).sort(), allTestFiles());
});

test('a file whose name says that it needs root is in no suite that runs without', () => {
  const unprivileged = suites.filter((suite) => !suite.asRoot).flatMap(filesOf);
  assert.ok(unprivileged.includes('scripts/test/suites.test.ts'));
  assert.deepEqual(
    unprivileged.filter((file) => file.endsWith('.root.test.ts')),
    [],
  );
});
