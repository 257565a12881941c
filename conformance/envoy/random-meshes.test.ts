/** What no golden thought of: random objects, sense and nonsense mixed, and still a real Envoy accepts everything. */
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { randomObjects } from '../../src/testing/random-objects.ts';
import { translateObjects } from '../../src/testing/translation-case.ts';
import { needs } from '../lib/requirements.ts';
import { Judge } from './judge.ts';

/** Nothing is withheld: what users write must not even need to be. */
const withholdNothing = () => [];

describe('a real Envoy', needs('envoy'), () => {
  let judge: Judge;
  before(async () => {
    judge = await Judge.start();
  });
  after(() => judge[Symbol.asyncDispose]());

  test('accepts everything that is made from random objects', async () => {
    await fc.assert(
      fc.asyncProperty(randomObjects, (objects) => judge.accepts(translateObjects(objects), withholdNothing)),
      { numRuns: 60, interruptAfterTimeLimit: 60_000, endOnFailure: true },
    );
  });
});
