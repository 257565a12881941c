import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crdDirectory, printCrd } from '../../scripts/crds.ts';
import { crdFiles } from './crds.ts';

test('manifests/crds/ is what scripts/crds.ts makes; run `npm run crds` when it is not', () => {
  const committed = readdirSync(crdDirectory)
    .sort()
    .map((file) => [file, readFileSync(join(crdDirectory, file), 'utf8')]);
  const made = [...crdFiles].map(([file, crd]) => [file, printCrd(crd)]).sort();
  assert.deepEqual(Object.fromEntries(committed), Object.fromEntries(made));
});
