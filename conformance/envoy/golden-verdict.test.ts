/**
 * A real Envoy is the judge of every golden: it is given what each sidecar of each case is given, one after the other,
 * and must accept all of it and bring all of it into use.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { goldenCases } from '../../src/testing/golden.ts';
import { caseInputs, translateCase } from '../../src/testing/translation-case.ts';
import { needs } from '../lib/requirements.ts';
import { Judge } from './judge.ts';

const directory = join(import.meta.dirname, '../../src/translators/testdata');

describe('a real Envoy accepts', needs('envoy'), () => {
  let judge: Judge;
  before(async () => {
    judge = await Judge.start();
  });
  after(() => judge[Symbol.asyncDispose]());

  for (const name of goldenCases(directory)) {
    test(name, async () => {
      const [input = '', options] = caseInputs
        .map((file) => join(directory, name, file))
        .map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined));
      await judge.accepts(translateCase(input, options));
    });
  }
});
