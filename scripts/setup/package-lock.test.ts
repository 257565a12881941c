import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const text = readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8');
const packages: Readonly<Record<string, { readonly optionalDependencies?: object; readonly resolved?: string }>> =
  JSON.parse(text).packages;

/** npm 11 refuses to install from a lock file that lacks some, even those that are for other machines. */
test('the lock file has the packages of every platform', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)),
  );
  assert.deepEqual(missing, []);
});

test('the lock file names no registry', () => {
  assert.deepEqual(
    Object.values(packages).flatMap(({ resolved }) => resolved ?? []),
    [],
  );
});

/** Whether a package that is required at a path is found there or further up. */
function isLocked(path: string, name: string): boolean {
  if (packages[join(path, 'node_modules', name)] !== undefined) return true;
  if (path === '') return false;
  const parent = path.lastIndexOf('/node_modules/');
  return isLocked(parent < 0 ? '' : path.slice(0, parent), name);
}
