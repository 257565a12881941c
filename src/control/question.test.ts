import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AskedQuestion, questionOfParameters, questionParameters, readQuestion } from './question.ts';

const asked: AskedQuestion = {
  from: 'shop/client',
  to: 'shop/web:8080',
  method: 'post',
  path: '/buy?x=1',
  headers: ['X-Beta=yes=no', 'Host=web'],
};

test('a question is read, names of headers in lower case and the host as authority', () => {
  assert.deepEqual(readQuestion(asked, 'example.org'), {
    ok: true,
    value: {
      from: 'spiffe://example.org/ns/shop/sa/client',
      to: { namespace: 'shop', service: 'web', port: 8080 },
      request: { method: 'POST', path: '/buy?x=1', headers: { 'x-beta': 'yes=no', ':authority': 'web' } },
    },
  });
});

test('a question survives the way to the admin server', () => {
  assert.deepEqual(questionOfParameters(new URLSearchParams(questionParameters(asked).toString())), asked);
});

test('what cannot be read is said', () => {
  const cases: readonly (readonly [Partial<AskedQuestion>, RegExp])[] = [
    [{ from: 'client' }, /the caller must be .*: "client"/],
    [{ to: 'web' }, /the destination must be .*: "web"/],
    [{ to: 'shop/web:http' }, /the destination must be/],
    [{ path: 'buy' }, /the path must begin with a slash: "buy"/],
    [{ headers: ['beta'] }, /a header must be name=value: "beta"/],
  ];
  for (const [change, message] of cases) {
    const read = readQuestion({ ...asked, ...change }, 'cluster.local');
    assert.match(read.ok ? '' : read.error, message);
  }
});
