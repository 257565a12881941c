import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('hooks stand in a describe: at the top of a file they would run around the tests of every file of the process', () => {
  const root = join(import.meta.dirname, '../..');
  const atTheTop = allTestFiles().filter((file) =>
    /^(?:before|after)Each\(/m.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(atTheTop, []);
});
