import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyExample } from '../../src/demo/example-copy.ts';
import { judgeSplit } from '../../src/demo/statistics.ts';
import { needs } from '../lib/requirements.ts';
import { allGone, RunningDemo } from './running-demo.ts';

const example = join(import.meta.dirname, '../../examples/bookstore');

const isReady = (line: string) => line.startsWith('ready: 6 sidecars');

/** Waits until enough requests were seen since the last change, and says to whom they went. */
async function sharesOf(demo: RunningDemo, wanted: readonly [v1: number, v2: number]) {
  const pattern =
    /^split: bookstore \(everything else\): bookstore-v1 ([\d.]+)% .*, bookstore-v2 ([\d.]+)% .* of (\d+) answers$/;
  const line = await demo.next('100 answers', (each) => Number(pattern.exec(each)?.[3] ?? 0) >= 100);
  const [, v1, v2, answers] = pattern.exec(line) ?? [];
  const count = (share: string | undefined) => Math.round((Number(share) * Number(answers)) / 100);
  const { fits } = judgeSplit([
    { weight: wanted[0], count: count(v1) },
    { weight: wanted[1], count: count(v2) },
  ]);
  return { fits, line };
}

/** Waits for the news of a change, and says how long it took to the last ACK, in milliseconds. */
async function changeOf(demo: RunningDemo, file: string): Promise<number> {
  const pattern = / ([\d.]+) ms from the file’s change to the last ACK$/;
  const line = await demo.next(
    `the news of ${file}`,
    (each) => each.startsWith(`change: ${file}`) && pattern.test(each),
  );
  return Number(pattern.exec(line)?.[1]);
}

test(
  'what is edited while the example runs changes the traffic, and is said with the time it took',
  needs('envoy'),
  async () => {
    const { directory, remove } = await copyExample(example);
    const edit = (file: string, from: string | RegExp, to: string) => {
      const path = join(directory, file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
    };
    try {
      await using demo = new RunningDemo({ args: ['--directory', directory] });
      await demo.next('the start', isReady);
      const before = await sharesOf(demo, [90, 10]);
      assert.ok(before.fits, before.line);

      const shifted = changeOf(demo, 'split-canary.yaml');
      edit('split-canary.yaml', /weight: \d+/g, 'weight: 50');
      assert.ok((await shifted) < 1000);
      const after = await sharesOf(demo, [50, 50]);
      assert.ok(after.fits, after.line);

      const problem = demo.next('the problem', (line) => line.startsWith('problem: split-canary.yaml:'));
      edit('split-canary.yaml', 'backends:', 'backend:');
      assert.match(await problem, /^problem: split-canary\.yaml:\d+: TrafficSplit bookstore\/canary: spec\.backends: /);
      const broken = await sharesOf(demo, [50, 50]);
      assert.ok(broken.fits, broken.line);

      const revoked = changeOf(demo, 'access-bookbuyer.yaml (removed)');
      rmSync(join(directory, 'access-bookbuyer.yaml'));
      assert.ok((await revoked) < 1000);
      const denied = await demo.next('a denial', (line) =>
        line.startsWith('denied: bookbuyer GET bookstore/books: 403'),
      );
      assert.match(denied, /no TrafficTarget has bookbuyer as a source for bookstore$/);

      const admins = demo.admins();
      demo.child.kill('SIGINT');
      assert.equal(await demo.ended, 0, demo.lines.join('\n'));
      await allGone(admins);
      assert.ok(!demo.lines.some((line) => line.startsWith('trouble:')), demo.lines.join('\n'));
    } finally {
      await remove();
    }
  },
);

test('a demo that is killed takes its Envoys and its workloads with it', needs('envoy'), async () => {
  const { directory, remove } = await copyExample(example);
  try {
    await using demo = new RunningDemo({ args: ['--directory', directory] });
    await demo.next('the start', isReady);
    const pods = readFileSync(join(directory, 'pods.yaml'), 'utf8');
    const workloads = [...pods.matchAll(/podIP: (127\.10\.\d+\.[1-3]1)$/gm)].map(([, ip]) => `${ip}:8080`);
    assert.ok(workloads.length > 0);
    const admins = demo.admins();
    assert.equal(admins.length, 6);
    demo.child.kill('SIGKILL');
    assert.equal(await demo.ended, 'SIGKILL');
    await allGone([...admins, ...workloads]);
  } finally {
    await remove();
  }
});

test('on a terminal there is a picture that is drawn over, and Ctrl-C ends it', needs('envoy'), async () => {
  const { directory, remove } = await copyExample(example);
  try {
    await using demo = new RunningDemo({ args: ['--directory', directory], terminal: true });
    await demo.next('the picture', (line) => line.includes('Who calls whom'));
    await demo.next('the picture drawn over', (line) => line.includes('\x1b[H') && line.includes('all up to date'));
    await demo.next('a split', (line) => /bookstore-v1.*█.*90%/.test(line));
    demo.child.stdin?.write('\x03');
    assert.equal(await demo.ended, 0, demo.lines.join('\n'));
    await allGone(demo.admins());
  } finally {
    await remove();
  }
});
