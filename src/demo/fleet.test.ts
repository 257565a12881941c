import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { namespacedName } from '../objects/object-ref.ts';
import type { Call } from './call.ts';
import { Fleet } from './fleet.ts';

const program = `
const report = (call) => ({ call, protocol: 'http', to: process.env.TO, authority: 'shop.shop:80', status: 200, ms: 1 });
process.on('message', (order) => {
  if (order.traffic === 'begin') return console.log(JSON.stringify(report('browse')));
  if (order.call === 'crash') return process.exit(3);
  process.send({ order: order.id, reports: Array.from({ length: order.times }, () => report(order.call)) });
});
console.log('a line that is not a report');
process.send({ ready: true });
`;

/** Stands for Envoy as far as a fleet sees it: what real ones do is proven in conformance/. */
const sidecar = `
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const server = createServer((_request, response) => response.end('LIVE'));
const file = process.argv[process.argv.indexOf('--admin-address-path') + 1];
server.listen(0, '127.0.0.1', () => writeFileSync(file, '127.0.0.1:' + server.address().port));
`;

const pod = namespacedName('shop', 'buyer');
const podToRun = (to: string) => ({
  program: { pod, name: 'buyer', command: ['node', 'buyer.mjs'], env: { TO: to } },
  bootstrap: '{}',
});

async function withFleet(
  run: (fleet: Fleet, heard: { next(): Promise<Call | string> }) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-'));
  writeFileSync(join(directory, 'buyer.mjs'), program);
  writeFileSync(join(directory, 'envoy'), `#!/bin/sh\nexec ${process.execPath} ${directory}/sidecar.mjs "$@"\n`);
  writeFileSync(join(directory, 'sidecar.mjs'), sidecar);
  chmodSync(join(directory, 'envoy'), 0o755);
  const queue: (Call | string)[] = [];
  let wake = () => {};
  const hear = (event: Call | string) => {
    queue.push(event);
    wake();
  };
  const next = async () => {
    while (queue.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return queue.shift() ?? assert.fail();
  };
  const options = {
    directory,
    workDirectory: join(directory, 'state'),
    envoy: join(directory, 'envoy'),
    now: () => 7,
  };
  const fleet = new Fleet({ ...options, onCall: hear, onTrouble: hear });
  try {
    await run(fleet, { next });
  } finally {
    await fleet.stop();
    rmSync(directory, { recursive: true });
  }
}

const browse = {
  call: 'browse',
  protocol: 'http',
  authority: 'shop.shop:80',
  status: 200,
  ms: 1,
  from: 'buyer',
  at: 7,
};

test('what a pod’s program reports is heard once traffic has begun', async () => {
  await withFleet(async (fleet, heard) => {
    await fleet.apply([podToRun('shop')]);
    fleet.beginTraffic();
    assert.deepEqual(await heard.next(), { ...browse, to: 'shop' });
  });
});

test('a pod makes as many calls as it is ordered to', async () => {
  await withFleet(async (fleet) => {
    await fleet.apply([podToRun('shop')]);
    const reports = await fleet.order(pod, 'browse', 3);
    assert.deepEqual(
      reports.map(({ call, to }) => ({ call, to })),
      Array.from({ length: 3 }, () => ({ call: 'browse', to: 'shop' })),
    );
  });
});

test('a pod that is not what it was is replaced, and one that is gone is stopped', async () => {
  await withFleet(async (fleet, heard) => {
    await fleet.apply([podToRun('shop')]);
    fleet.beginTraffic();
    await heard.next();
    await fleet.apply([podToRun('market')]);
    assert.deepEqual(await heard.next(), { ...browse, to: 'market' });
    await fleet.apply([]);
    await assert.rejects(fleet.order(pod, 'browse', 1), /No pod shop\/buyer is running/);
  });
});

test('a program that ends is reported and started again, and an order it had is rejected', async () => {
  await withFleet(async (fleet, heard) => {
    await fleet.apply([podToRun('shop')]);
    await assert.rejects(fleet.order(pod, 'crash', 1), /buyer ended: exit code 3/);
    assert.equal(await heard.next(), 'program of buyer ended (exit code 3)');
    fleet.beginTraffic();
    assert.deepEqual(await heard.next(), { ...browse, to: 'shop' });
  });
});
