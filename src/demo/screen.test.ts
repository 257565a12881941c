import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { render } from './screen.ts';
import type { View } from './view.ts';

const view: View = {
  directory: 'examples/bookstore',
  sidecars: { upToDate: 6, total: 6 },
  upFor: 83_000,
  calls: [
    {
      from: 'bookbuyer',
      call: 'browse',
      request: 'GET bookstore/books',
      perSecond: 10,
      outcomes: { answered: 100, denied: 0, closed: 0, failed: 0 },
      failure: undefined,
      medianMs: 2.14,
    },
    {
      from: 'bookthief',
      call: 'steal',
      request: 'GET bookstore/books',
      perSecond: 2,
      outcomes: { answered: 0, denied: 20, closed: 0, failed: 1 },
      failure: '503 no healthy upstream',
      medianMs: undefined,
    },
  ],
  splits: [
    {
      service: 'bookstore',
      requests: 'everything else',
      origin: 'TrafficSplit bookstore/canary',
      shares: [
        { backend: 'bookstore-v1', weight: 90, count: 88 },
        { backend: 'bookstore-v2', weight: 10, count: 12 },
      ],
    },
  ],
  denials: [
    {
      from: 'bookthief',
      request: 'GET bookstore/books',
      answer: '403',
      said: 'not-allowed',
      why: 'no TrafficTarget has bookthief as a source for bookstore',
      count: 20,
    },
  ],
  lastChange: {
    time: '14:02:11',
    files: ['split-canary.yaml'],
    lines: ['bookstore (everything else): bookstore-v1 90% → 50%, bookstore-v2 10% → 50%'],
    resources: 1,
    proxies: 3,
    ms: 6.31,
  },
  problems: ['split-canary.yaml:12: TrafficSplit bookstore/canary: spec.backends[1].weight: not a number'],
  troubles: [],
};

test('the whole picture at 100 columns', () => {
  assert.equal(
    render(view, { width: 100, color: false })
      .map((line) => line.trimEnd())
      .join('\n'),
    `
smi-envoy  examples/bookstore                                      6 sidecars, all up to date  01:23

Who calls whom, last 10 s                              per s     ok  denied  closed  failed   median
  bookbuyer  GET bookstore/books                        10.0    100       ·       ·       ·   2.1 ms
  bookthief  GET bookstore/books                         2.0      ·      20       ·       1        ·
             503 no healthy upstream

How traffic splits, since the last change or a minute ago    wanted     seen  answers
  bookstore, everything else  TrafficSplit bookstore/canary
    bookstore-v1  ███████████████████████████████████░░░░░      90%      88%       88
    bookstore-v2  █████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░      10%      12%       12

What is denied, and why
  bookthief  GET bookstore/books  403     x-smi-envoy-denied: not-allowed
             no TrafficTarget has bookthief as a source for bookstore

Last change  14:02:11  split-canary.yaml
  bookstore (everything else): bookstore-v1 90% → 50%, bookstore-v2 10% → 50%
  1 resource to 3 sidecars, 6.3 ms from the file’s change to the last ACK

Problems
  ✗ split-canary.yaml:12: TrafficSplit bookstore/canary: spec.backends[1].weight: not a number

Edit the YAML in examples/bookstore and save. Ctrl-C ends everything.
`.trim(),
  );
});

test('no line is wider than the terminal, however narrow', () => {
  for (const width of [40, 60, 80, 120]) {
    for (const line of render(view, { width, color: true })) {
      assert.ok([...stripVTControlCharacters(line)].length <= width, `${width}: ${line}`);
    }
  }
});

test('in a low window the traffic is cut, and what just happened is not', () => {
  const text = render(view, { width: 100, height: 16, color: false });
  assert.equal(text.length, 16);
  assert.match(text.join('\n'), /more lines in a taller window[\s\S]*Last change[\s\S]*Problems[\s\S]*Ctrl-C/);
});

test('without color there are no escape sequences, with color only those', () => {
  const bare = render(view, { width: 100, color: false });
  assert.deepEqual(bare.map(stripVTControlCharacters), bare);
  assert.deepEqual(render(view, { width: 100, color: true }).map(stripVTControlCharacters), bare);
});

test('sidecars that are behind, a change nobody has acknowledged yet, and a split that leads nowhere are said', () => {
  const waiting: View = {
    ...view,
    sidecars: { upToDate: 4, total: 6 },
    splits: [{ service: 'bookstore', requests: 'everything', origin: 'TrafficSplit bookstore/canary', shares: [] }],
    lastChange: view.lastChange && { ...view.lastChange, ms: undefined },
  };
  const text = render(waiting, { width: 100, color: false }).join('\n');
  assert.match(text, /4 of 6 sidecars up to date/);
  assert.match(text, /1 resource to 3 sidecars, waiting for the last ACK/);
  assert.match(text, /no backend that could answer: 503/);
});
