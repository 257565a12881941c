import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { applyChanges, emptyClusterState, type ObjectChange } from '../cluster/cluster-state.ts';
import type { MeshModel } from '../mesh/model.ts';
import type { SourceCondition } from '../sources/source.ts';
import { removed, service } from '../testing/builders.ts';
import type { ControlEvent, Publication } from './events.ts';
import { createLog } from './log.ts';
import { logEvents } from './log-events.ts';

const mesh: MeshModel = { services: new Map(), workloads: new Map(), reach: new Map(), diagnostics: [] };

const publicationOf = (changes: readonly ObjectChange[], first = false): Publication => ({
  sequence: 7,
  changes,
  state: applyChanges(emptyClusterState, changes),
  mesh,
  before: first ? undefined : mesh,
  resourcesChanged: 1,
  proxiesTouched: 2,
  noticedAt: 0,
  publishedAfter: 1.23456,
  rebuiltIn: 0.98765,
});

/** The lines that the events leave, without their time. */
function linesOf(...events: readonly ControlEvent[]): readonly Record<string, unknown>[] {
  let written = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const listener = logEvents(createLog({ level: 'info', format: 'json', color: false, destination }));
  for (const event of events) listener(event);
  return written
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
      assert.equal(typeof time, 'string');
      return rest;
    });
}

test('a change is one line, when the last proxy has acknowledged it', () => {
  const changes = [service('shop/web'), removed(service('shop/old'))];
  const publication = publicationOf(changes);
  assert.deepEqual(linesOf({ type: 'published', publication }, { type: 'settled', publication, milliseconds: 4.56 }), [
    {
      level: 'info',
      objects: 1,
      objectsChanged: 2,
      resourcesChanged: 1,
      proxiesTouched: 2,
      rebuiltMs: 1,
      publishedMs: 1.2,
      ackedMs: 4.6,
      msg: 'changed: Service shop/web, Service shop/old (gone)',
    },
  ]);
});

test('of many objects that change at once a few are named', () => {
  const changes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => service(`shop/${name}`));
  const [line] = linesOf({ type: 'settled', publication: publicationOf(changes), milliseconds: 1 });
  assert.equal(
    line?.['msg'],
    'changed: Service shop/a, Service shop/b, Service shop/c, Service shop/d, Service shop/e and 2 more',
  );
});

test('trouble that many parts of the source have alike is one line, and so is its end', () => {
  const status = (part: string, condition: SourceCondition, message = ''): ControlEvent => ({
    type: 'source',
    status: { part, condition, message },
  });
  const lines = linesOf(
    status('Pod', 'starting', 'connection refused'),
    status('Service', 'starting', 'connection refused'),
    status('Namespace', 'stale', 'forbidden'),
    status('TrafficSplit', 'absent', 'no such kind'),
    status('Pod', 'live'),
    status('Service', 'live'),
    status('Namespace', 'live'),
  );
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level}: ${msg}`),
    [
      'warn: cannot read Pod: connection refused',
      'warn: cannot read Namespace: forbidden',
      'info: everything can be read again',
    ],
  );
});

test('a mistake of our own is logged with where it happened', () => {
  const [line] = linesOf({ type: 'fault', doing: 'taking in a change', error: new TypeError('x is not y') });
  assert.equal(line?.['level'], 'error');
  assert.match(String(line?.['msg']), /own while taking in a change/);
  assert.match(JSON.stringify(line?.['err']), /TypeError: x is not y.*log-events\.test/);
});
