import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareListings, type FileListing, listFiles } from './file-listing.ts';

const listing = (changedAt: number, files: Record<string, number>): FileListing => ({
  changedAt,
  files: new Map(Object.entries(files)),
});

test('comparing listings names what was written, added or removed, and dates it by the latest', () => {
  const before = listing(10, { 'a.yaml': 1, 'b.yaml': 2, 'c.yaml': 3 });
  const cases: [FileListing, ReturnType<typeof compareListings>][] = [
    [listing(11, { 'a.yaml': 1, 'b.yaml': 2, 'c.yaml': 3 }), undefined],
    [listing(10, { 'a.yaml': 1, 'b.yaml': 20, 'c.yaml': 3 }), { files: ['b.yaml'], at: 20 }],
    [listing(30, { 'a.yaml': 1, 'b.yaml': 2, 'c.yaml': 3, 'd.yaml': 25 }), { files: ['d.yaml'], at: 25 }],
    [listing(30, { 'a.yaml': 1, 'b.yaml': 20 }), { files: ['b.yaml', 'c.yaml (removed)'], at: 30 }],
  ];
  for (const [after, wanted] of cases) assert.deepEqual(compareListings(before, after), wanted);
});

test('only YAML files are listed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'listing-'));
  try {
    for (const name of ['split.yaml', 'README.md']) {
      writeFileSync(join(directory, name), '');
      utimesSync(join(directory, name), 5, 5);
    }
    assert.deepEqual([...(await listFiles(directory)).files], [['split.yaml', 5000]]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
