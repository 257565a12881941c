/** `npm run crds`: writes `manifests/crds/` from `src/smi/crds.ts`. A test says when they differ. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { JsonMap } from '../src/lib/json.ts';
import { crdFiles } from '../src/smi/crds.ts';

export const crdDirectory = join(import.meta.dirname, '../manifests/crds');

export const printCrd = (crd: JsonMap): string =>
  `# Made by scripts/crds.ts from src/smi/crds.ts: change it there.\n${stringify(crd, { lineWidth: 120, aliasDuplicateObjects: false })}`;

if (import.meta.main) {
  mkdirSync(crdDirectory, { recursive: true });
  for (const [file, crd] of crdFiles) writeFileSync(join(crdDirectory, file), printCrd(crd));
}
