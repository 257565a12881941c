import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from 're2js';
import { oneOf, prefixRegex } from './regex.ts';

/** As Envoy does: the whole value must match. */
const matches = (regex: string, value: string) => RE2JS.compile(regex).matches(value);

test('a prefix regex matches what begins with a match, whatever the regex is made of', () => {
  const cases: Record<string, readonly [string, string]> = {
    '/api': ['/api/users', '/v1/api'],
    '/a|/b': ['/b/c', '/c/a'],
    '^/api$': ['/api', '/api/users'],
    '(?i)/api': ['/API/users', '/v1'],
    '/v[0-9]': ['/v1/x', '/vx'],
  };
  for (const [regex, [matching, other]] of Object.entries(cases)) {
    assert.deepEqual([matches(prefixRegex(regex), matching), matches(prefixRegex(regex), other)], [true, false], regex);
  }
});

test('one of several values is one of them as they are written, and no other', () => {
  const values = ['GET', 'M-SEARCH', 'a.b', '(x)', '$', '\\', 'a|b', '[a]', '{1}', '*'];
  for (const value of values) assert.ok(matches(oneOf(values), value), value);
  for (const value of ['get', 'GETX', 'axb', 'x', '', 'a', 'b', '1']) assert.ok(!matches(oneOf(values), value), value);
});
