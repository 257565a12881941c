import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRegex, maxRegexProgramSize, regexMatchesAll, regexMatchesStart } from './regex.ts';

const usable: Readonly<Record<string, string>> = {
  'a literal path': '/api/v1',
  'an empty alternative': '(|a)',
  'a named group': '(?P<id>[0-9]+)',
  'flags for a part': '(?i:abc)d',
  'a byte above ASCII': '\\x{ff}',
  'text above ASCII': '/café',
  'an octal escape': '\\377',
  'a class that all of RE2 knows': '[\\p{Lu}\\pN]',
  'repetitions up to the limit of RE2': '[a-z]{900}',
};

for (const [title, pattern] of Object.entries(usable)) {
  test(`R36: ${title} is a regular expression`, () => {
    assert.deepEqual(checkRegex(pattern), { ok: true, value: pattern });
  });
}

const refused: Readonly<Record<string, readonly [pattern: string, error: string]>> = {
  'a group that is not closed': ['/api(', 'missing closing ): `/api(`'],
  'a range that runs backwards': ['[z-a]', 'invalid character class range: `z-a`'],
  'a lookahead': ['(?=a)b', 'invalid or unsupported Perl syntax: `(?=`'],
  'a lookbehind': ['(?<!a)b', 'invalid named capture: `(?<!a)b`'],
  'a back reference': ['(a)\\1', 'invalid escape sequence: `\\1`'],
  'a repetition that RE2 refuses': ['a{1001}', 'invalid repeat count: `{1001}`'],
  'repetitions of repetitions that are too many': ['(a{40}){40}', 'invalid repeat count: `{40}`'],
  'a program that is too large': ['a{600}b{600}', 'it is too large; use fewer or smaller repetitions'],
  'a pattern that is too long to look at': ['a'.repeat(4097), 'it is longer than 4096 characters'],
  'a character that is no byte': ['\\x{100}', '\\x{100} is not in RE2'],
  'an octal escape that is no byte': ['\\400', '\\400 is not in RE2'],
  'a class that only some libraries know': ['\\p{Emoji}', '\\p{Emoji} is not in RE2'],
};

for (const [title, [pattern, error]] of Object.entries(refused)) {
  test(`R36: ${title} is refused`, () => {
    assert.deepEqual(checkRegex(pattern), { ok: false, error });
  });
}

test('R36: a quotation that is open at the end is closed, so that it ends where its pattern does', () => {
  assert.deepEqual(checkRegex('/\\Qa.b('), { ok: true, value: '/\\Qa.b(\\E' });
});

test('an escaped backslash does not make a class of what follows it', () => {
  assert.deepEqual(checkRegex('\\\\p{Emoji}'), { ok: true, value: '\\\\p{Emoji}' });
});

test('the bound on the program size keeps the largest classes within 128,000 instructions', () => {
  assert.equal(maxRegexProgramSize * 128, 128_000);
});

test('R36: a path matches from its beginning, and not necessarily to its end', () => {
  assert.equal(regexMatchesStart('/api', '/api/users'), true);
  assert.equal(regexMatchesStart('/api', '/v1/api'), false);
  assert.equal(regexMatchesStart('/a|/b', '/b/c'), true);
  assert.equal(regexMatchesStart('/api$', '/api/users'), false);
});

test('R36: a header must match as a whole', () => {
  assert.equal(regexMatchesAll('firefox', 'firefox/1.0'), false);
  assert.equal(regexMatchesAll('.*firefox.*', 'a firefox/1.0'), true);
  assert.equal(regexMatchesAll('a|ab', 'ab'), true);
});

test('matching goes byte by byte, as a data plane does it', () => {
  assert.equal(regexMatchesAll('.', 'é'), false);
  assert.equal(regexMatchesAll('..', 'é'), true);
  assert.equal(regexMatchesAll('é', 'é'), true);
});
