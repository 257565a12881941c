import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeLines, summaryLines } from './plain.ts';
import type { ChangeView, View } from './view.ts';

const change: ChangeView = {
  time: '14:02:11',
  files: ['split-canary.yaml'],
  lines: ['bookstore (everything): bookstore-v1 90% → 50%, bookstore-v2 10% → 50%'],
  resources: 1,
  proxies: 3,
  ms: 6.31,
};

test('a change is told with what it means, what it cost and how long it took, and with what is wrong', () => {
  assert.deepEqual(changeLines(change, ['pods.yaml:3: no']), [
    'change: split-canary.yaml: bookstore (everything): bookstore-v1 90% → 50%, bookstore-v2 10% → 50%',
    'change: split-canary.yaml: 1 resource to 3 sidecars, 6.3 ms from the file’s change to the last ACK',
    'problem: pods.yaml:3: no',
  ]);
});

test('a change that concerns no sidecar has no ACK to wait for', () => {
  assert.deepEqual(changeLines({ ...change, lines: [], resources: 0, proxies: 0, ms: 15 }, []), [
    'change: split-canary.yaml: 0 resources to 0 sidecars, 15.0 ms from the file’s change to here',
  ]);
});

test('traffic is summed up with how it splits and what is denied', () => {
  const view: View = {
    directory: 'examples/bookstore',
    sidecars: { upToDate: 6, total: 6 },
    upFor: 0,
    calls: [
      {
        from: 'bookbuyer',
        call: 'browse',
        request: 'GET bookstore/books',
        perSecond: 10,
        outcomes: { answered: 95, denied: 3, closed: 2, failed: 0 },
        failure: undefined,
        medianMs: 2,
      },
    ],
    splits: [
      {
        service: 'bookstore',
        requests: 'everything',
        origin: 'TrafficSplit bookstore/canary',
        shares: [
          { backend: 'bookstore-v1', weight: 90, count: 7 },
          { backend: 'bookstore-v2', weight: 10, count: 1 },
        ],
      },
    ],
    denials: [
      {
        from: 'bookthief',
        request: 'TCP orders-db',
        answer: 'closed',
        said: undefined,
        why: 'no TrafficTarget has bookthief as a source for orders-db',
        count: 2,
      },
    ],
    lastChange: undefined,
    problems: [],
    troubles: [],
  };
  assert.deepEqual(summaryLines(view), [
    'traffic: 10.0 calls/s, last 10 s: 95 ok, 3 denied, 2 closed, 0 failed; 6 of 6 sidecars up to date',
    'split: bookstore (everything): bookstore-v1 87.5% (wanted 90%), bookstore-v2 12.5% (wanted 10%) of 8 answers',
    'denied: bookthief TCP orders-db: closed, 2 times: no TrafficTarget has bookthief as a source for orders-db',
  ]);
});
