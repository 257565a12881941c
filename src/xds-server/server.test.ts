import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { ManualClock } from '../testing/manual-clock.ts';
import { cluster, snapshotOf } from '../testing/resources.ts';
import { closeAll, holds, startServer, web } from '../testing/xds-server.ts';

after(closeAll);

test('what is private to a proxy reaches only that proxy, and shadows what is shared', async () => {
  const { connect, publish, server } = await startServer();
  const [shared] = snapshotOf(cluster('web'), cluster('hidden')).layers;
  assert.ok(shared);
  const scoped = { resources: shared.resources, names: new Set(['web']) };
  const own = (revision: number) => snapshotOf(cluster('own', revision), cluster('web', revision)).layers;
  publish({ a: { layers: [...own(7), scoped] }, b: { layers: [scoped] } });
  const [a, b] = [connect({ node: 'a' }), connect({ node: 'b' })];
  for (const envoy of [a, b]) envoy.subscribeAll('cluster');
  await a.when(() => holds(a, cluster('own', 7), cluster('web', 7)));
  await b.when(() => holds(b, cluster('web', 1)));
  const before = server.stats().types.cluster.responses;
  const report = publish({ a: { layers: [...own(8), scoped] }, b: { layers: [scoped] } });
  assert.equal(report.proxiesTouched, 1);
  await a.when(() => holds(a, cluster('own', 8), cluster('web', 8)));
  await b.quiet();
  assert.equal(server.stats().types.cluster.responses, before + 1);
  assert.deepEqual([a.names('cluster'), b.names('cluster')], [['own', 'web'], ['web']]);
  // What changes behind its back does not reach the one that has its own.
  const [changed] = snapshotOf(cluster('web', 2), cluster('hidden')).layers;
  assert.ok(changed);
  const news = { resources: changed.resources, names: scoped.names };
  assert.equal(publish({ a: { layers: [...own(8), news] }, b: { layers: [news] } }).proxiesTouched, 1);
  await b.when(() => holds(b, cluster('web', 2)));
  await a.quiet();
  assert.equal(server.stats().types.cluster.responses, before + 2);
  // A name that joins the set of a proxy comes, though no resource changed.
  const wider = { resources: shared.resources, names: new Set(['web', 'hidden']) };
  publish({ b: { layers: [wider] } });
  await b.when(() => b.names('cluster').join() === 'hidden,web');
});

test('what proxies share is assembled once for all of them, whatever each has of its own', async () => {
  const { connect, publish, server } = await startServer();
  const nodes = ['a', 'b', 'c'];
  const [shared] = snapshotOf(...Array.from({ length: 100 }, (_, index) => cluster(`shared-${index}`))).layers;
  assert.ok(shared);
  const part = { resources: shared.resources, names: new Set(shared.resources.cluster.keys()) };
  const layersOf = (revision: number) => [...snapshotOf(cluster('own', revision)).layers, part];
  publish(Object.fromEntries(nodes.map((node, index) => [node, { layers: layersOf(index) }])));
  for (const node of nodes) {
    const envoy = connect({ node });
    envoy.subscribe('cluster', '*');
    await envoy.when(() => envoy.held('cluster').size === 101);
  }
  assert.equal(server.stats().assembled, nodes.length + 1);
});

test('large responses wait while others are on their way, but not for one that does not read', async () => {
  const clock = new ManualClock();
  const { connect, publish, server } = await startServer({ clock, bytesOnTheirWay: 100_000 });
  const nodes = ['a', 'b', 'c'];
  const many = snapshotOf(...Array.from({ length: 3000 }, (_, index) => cluster(`cluster-number-${index}`)));
  publish(Object.fromEntries(nodes.map((node) => [node, many])));
  const [a, b, c] = nodes.map((node) => connect({ node }));
  assert.ok(a && b && c);
  for (const envoy of [a, b, c]) {
    envoy.subscribe('cluster', 'unknown');
    await envoy.whenReceived(1);
  }
  // More than the window of an HTTP/2 stream, so that it stays here until it is read.
  a.stall();
  a.subscribe('cluster', '*');
  await a.quiet();
  for (const envoy of [b, c]) {
    envoy.subscribe('cluster', '*');
    await envoy.quiet();
  }
  assert.deepEqual([b.received.length, c.received.length], [1, 1]);
  // Small ones do not wait.
  b.subscribe('endpoint', 'unknown');
  await b.whenReceived(1, 'endpoint');
  clock.advance(1_000);
  await b.when(() => b.held('cluster').size === 3000);
  await c.when(() => c.held('cluster').size === 3000);
  assert.equal(a.held('cluster').size, 0);
  assert.equal(server.stats().copyingStreams, 0);
});

test('names that nobody uses any more are forgotten, and their numbers serve others', async () => {
  const { connect, publish } = await startServer();
  const generation = (of: number) =>
    snapshotOf(...Array.from({ length: 3000 }, (_, index) => cluster(`${of}-${index}`)), cluster('stays', of));
  publish({ a: generation(1) });
  const envoy = connect();
  envoy.subscribeAll('cluster');
  await envoy.when(() => envoy.held('cluster').size === 3001);
  for (let of = 2; of < 6; of++) {
    publish({ a: generation(of) });
    await envoy.when(
      () => holds(envoy, cluster('stays', of), cluster(`${of}-2999`)) && envoy.held('cluster').size === 3001,
    );
  }
});

test('a proxy is described by what it wants, has and waits for', async () => {
  const { connect, publish, server } = await startServer();
  publish({ a: snapshotOf(...web()) });
  const node = { id: 'a', cluster: 'c', userAgentName: 'envoy' };
  const envoy = connect({ node, follow: true }).start();
  await envoy.when(() => holds(envoy, ...web()));
  await envoy.quiet();
  const [{ connectedAt, stream, ...rest } = assert.fail()] = server.proxies();
  assert.ok(Date.parse(connectedAt) > 0);
  assert.equal(stream, 1);
  const settled = { acknowledged: 1, pending: 0, rejected: [] };
  assert.deepEqual(rest, {
    proxy: 'a',
    nodeId: 'a',
    userAgent: 'envoy',
    protocol: 'delta',
    aggregated: true,
    behind: 0,
    types: [
      { type: 'cluster', subscribed: 'all', ...settled },
      { type: 'endpoint', subscribed: 1, ...settled },
      { type: 'listener', subscribed: 'all', ...settled },
      { type: 'route', subscribed: 1, ...settled },
    ],
  });
});

test('a server that closes ends its streams, so that clients turn to another', async () => {
  const { connect, publish, server, eventsOf } = await startServer();
  publish({ a: snapshotOf(...web()) });
  const envoy = connect().start();
  await envoy.when(() => holds(envoy, cluster('web')));
  const closed = server.close();
  await assert.rejects(
    envoy.when(() => false),
    { code: status.UNAVAILABLE, details: 'the server is shutting down' },
  );
  envoy.close();
  await closed;
  assert.equal(eventsOf('disconnected').length, 1);
  assert.equal(server.stats().streams, 0);
});
