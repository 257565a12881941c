import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../lib/requirements.ts';
import { makeScratch } from '../lib/scratch.ts';
import { allGone, RunningDemo } from './running-demo.ts';

test('the tour goes as expected on real Envoys, exits 0 and leaves nothing behind', needs('envoy'), async () => {
  await using demo = new RunningDemo({ args: ['--once'] });
  assert.equal(await demo.ended, 0, demo.lines.join('\n'));
  assert.match(demo.lines.at(-1) ?? '', /^13 of 13 steps went as expected, in /);
  assert.equal(demo.admins().length, 6);
  await allGone(demo.admins());
});

test(
  'a tour on an example that is not as it expects says what it saw instead, and exits 1',
  needs('envoy'),
  async () => {
    using scratch = makeScratch('example');
    cpSync(join(import.meta.dirname, '../../examples/bookstore'), scratch.folder, { recursive: true });
    const split = join(scratch.folder, 'split-canary.yaml');
    writeFileSync(split, readFileSync(split, 'utf8').replace('weight: 90', 'weight: 10'));
    await using demo = new RunningDemo({ args: ['--once', '--directory', scratch.folder] });
    assert.equal(await demo.ended, 1, demo.lines.join('\n'));
    assert.ok(demo.lines.some((line) => line.startsWith('✗ 1. A canary takes its share')));
    await allGone(demo.admins());
  },
);
