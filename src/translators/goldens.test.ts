/** `npm run goldens` rewrites what is compared here. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Fragments } from '../testing/fragments.ts';
import { testGoldens } from '../testing/golden.ts';
import { caseInputs, printCase, translateCase } from '../testing/translation-case.ts';

/** Every other document first: neither the order of writing nor its reverse. */
const interleaved = <T>(documents: readonly T[]): readonly T[] => [
  ...documents.filter((_, index) => index % 2 === 1).reverse(),
  ...documents.filter((_, index) => index % 2 === 0),
];

const directory = join(import.meta.dirname, 'testdata');
const fragments = parse(readFileSync(join(directory, 'fragments.yaml'), 'utf8'), { merge: true }) as Fragments;

const used = new Set<string>();

testGoldens({
  directory,
  inputs: caseInputs,
  make(read) {
    const [input = '', options] = caseInputs.map(read);
    const printed = printCase(translateCase(input, options), fragments, used);
    for (const order of [interleaved, <T>(documents: readonly T[]) => documents.toReversed()]) {
      assert.deepEqual(
        printCase(translateCase(input, options, order), fragments, used),
        printed,
        'the order of documents changes nothing',
      );
    }
    return printed;
  },
});

test('every fragment is part of a golden', () => assert.deepEqual([...used].sort(), Object.keys(fragments).sort()));
