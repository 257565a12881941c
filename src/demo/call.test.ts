import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CallReport, describeRequest, outcomeOf, parseReportLine } from './call.ts';

const http = { call: 'browse', protocol: 'http', to: 'shop', authority: 'shop.shop:80', ms: 1 } as const;
const tcp = { ...http, protocol: 'tcp' } as const;

const outcomes: Record<string, [CallReport, ReturnType<typeof outcomeOf>]> = {
  'an answer of the application is an answer': [{ ...http, status: 200 }, 'answered'],
  'a 403 by a sidecar is a denial': [{ ...http, status: 403, denied: 'not-allowed', error: 'no' }, 'denied'],
  'a 403 by the application is a failure': [{ ...http, status: 403, error: 'no' }, 'failed'],
  'a 503 that a sidecar explains is a failure': [
    { ...http, status: 503, denied: 'no-usable-backend', error: 'no' },
    'failed',
  ],
  'a reset of an HTTP connection is a failure': [{ ...http, error: 'ECONNRESET' }, 'failed'],
  'a TCP connection without a byte is closed': [{ ...tcp, error: 'closed before a byte was received' }, 'closed'],
};

for (const [sentence, [report, outcome]] of Object.entries(outcomes)) {
  test(sentence, () => assert.equal(outcomeOf(report), outcome));
}

test('a line is a report when it has the shape of one', () => {
  assert.deepEqual(parseReportLine(JSON.stringify(http)), http);
  assert.equal(parseReportLine('{"level":"info","message":"listening"}'), undefined);
  assert.equal(parseReportLine('listening on 8080'), undefined);
});

test('a request is described by what was asked of whom', () => {
  assert.equal(describeRequest({ ...http, method: 'POST', path: '/buy' }), 'POST shop/buy');
  assert.equal(describeRequest(tcp), 'TCP shop');
});
