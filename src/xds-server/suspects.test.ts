import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { quotedNames, splitSuspects } from './suspects.ts';

describe('names that a refusal quotes', () => {
  const names = ['web', 'shop/web/80', 'shop/web/8080', 'inbound', 'web.v2', ''];
  const cases: Record<string, readonly string[]> = {
    'Error adding/updating cluster(s) web: unknown cluster type': ['web'],
    'Error adding/updating listener(s) shop/web/80: error one\n, inbound: error two': ['shop/web/80', 'inbound'],
    "route: unknown cluster 'shop/web/8080'": ['shop/web/8080'],
    'Proto constraint validation failed (RouteConfigurationValidationError.VirtualHosts[0])': [],
    'something is wrong with webs, and with cobweb, and with web-1': [],
    'malformed resource web.v2': ['web.v2'],
    'it was web.': ['web'],
    web: ['web'],
  };
  for (const [message, quoted] of Object.entries(cases)) {
    test(JSON.stringify(message), () => {
      const ids = quotedNames(message, [...names.keys()], (id) => names[id] ?? '');
      assert.deepEqual(
        Array.from(ids, (id) => names[id]),
        quoted,
      );
    });
  }
});

describe('the groups in which suspects are tried', () => {
  const cases: Record<string, readonly [readonly number[], readonly number[], readonly (readonly number[])[]]> = {
    'halves, when nobody is quoted': [
      [1, 2, 3, 4, 5],
      [],
      [
        [1, 2, 3],
        [4, 5],
      ],
    ],
    'the others together, then each that is quoted alone': [
      [1, 2, 3, 4],
      [2, 4],
      [[1, 3], [2], [4]],
    ],
    'halves, when all are quoted': [
      [1, 2],
      [1, 2],
      [[1], [2]],
    ],
    'one alone': [[1], [1], [[1]]],
  };
  for (const [sentence, [suspects, quoted, groups]] of Object.entries(cases)) {
    test(sentence, () => assert.deepEqual(splitSuspects(suspects, new Set(quoted)), groups));
  }
});
