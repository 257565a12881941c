import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../../cluster/cluster-state.ts';
import { meshPod, pod, removed, routeGroup, service, trafficSplit, trafficTarget } from '../builders.ts';
import type { FakeEnvoy } from '../fake-envoy.ts';
import { MemorySource } from '../memory-source.ts';
import { quiet, RunningMesh } from '../running-mesh.ts';

const split = (v1: number, v2: number) =>
  trafficSplit('shop/canary', { service: 'web', backends: { v1, v2 }, created: '2026-01-01T00:00:00Z' });

const mayCall = (to: string, ...from: readonly string[]) =>
  trafficTarget(`shop/${to}`, { to, from, rules: ['HTTPRouteGroup/any'] });

/** A client of two versions of a service behind one name, and a pair that has nothing to do with them. */
const shop: readonly ObjectChange[] = [
  service('shop/web', { clusterIPs: ['10.96.0.1'], selector: { part: 'web' } }),
  service('shop/v1', { clusterIPs: ['10.96.0.2'] }),
  service('shop/v2', { clusterIPs: ['10.96.0.3'] }),
  service('shop/other', { clusterIPs: ['10.96.0.4'] }),
  meshPod('shop/v1-0', { ips: ['10.0.0.1'], labels: { app: 'v1', part: 'web' } }),
  meshPod('shop/v2-0', { ips: ['10.0.0.2'], labels: { app: 'v2', part: 'web' } }),
  meshPod('shop/client-0', { ips: ['10.0.0.3'] }),
  meshPod('shop/other-0', { ips: ['10.0.0.4'] }),
  meshPod('shop/stranger-0', { ips: ['10.0.0.5'] }),
  routeGroup('shop/any', {}),
  mayCall('v1', 'client'),
  mayCall('v2', 'client'),
  mayCall('other', 'stranger'),
  split(90, 10),
];

/** What came since the last look: type, name, and `-` before what was removed. */
function sinceThen(envoy: FakeEnvoy): () => readonly string[] {
  let seen = envoy.received.length;
  return () => {
    const news = envoy.received.slice(seen);
    seen = envoy.received.length;
    return news.flatMap(({ type, resources, removed: gone }) => [
      ...[...resources.keys()].map((name) => `${type} ${name}`),
      ...gone.map((name) => `-${type} ${name}`),
    ]);
  };
}

async function connectAll(mesh: RunningMesh) {
  const [client, v1, other] = await Promise.all(
    ['client', 'v1', 'other'].map((name) => mesh.connect(`shop/${name}-0`)),
  );
  assert.ok(client !== undefined && v1 !== undefined && other !== undefined);
  return { client, v1, other, news: { client: sinceThen(client), v1: sinceThen(v1), other: sinceThen(other) } };
}

test('a change of weight is one small resource for those who call the service, and nothing for anybody else', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  const { client, news } = await connectAll(mesh);
  const { publication } = await mesh.after(() => mesh.source.apply(split(50, 50)));
  assert.deepEqual(news.client(), ['route shop/web/80']);
  assert.deepEqual([news.v1(), news.other()], [[], []]);
  assert.equal(publication.resourcesChanged, 1);
  assert.equal(publication.proxiesTouched, 1);
  const size = client.held('route').get('shop/web/80')?.bytes.length ?? 0;
  assert.ok(size > 100 && size < 1500, `${size} bytes`);
});

test('an endpoint that joins is one resource for those who call the service', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  const { news } = await connectAll(mesh);
  await mesh.after(() => mesh.source.apply(meshPod('shop/v1-1', { ips: ['10.0.0.9'] })));
  assert.deepEqual(news.client(), ['endpoint shop/v1/80']);
  assert.deepEqual([news.v1(), news.other()], [[], []]);
});

test('another caller changes the routes of whom it may call, and not its listener', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  const { news } = await connectAll(mesh);
  await mesh.after(() => mesh.source.apply(mayCall('v1', 'client', 'stranger')));
  assert.deepEqual(news.v1(), ['route inbound/80']);
  assert.deepEqual([news.client(), news.other()], [[], []]);
});

test('who is no longer allowed anything is no longer told of it', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  const { client, news } = await connectAll(mesh);
  await mesh.after(() => mesh.source.apply(removed(mayCall('v1', 'client')), removed(mayCall('v2', 'client'))));
  assert.deepEqual(client.names('cluster'), ['passthrough']);
  assert.deepEqual(news.v1(), ['route inbound/80']);
  assert.deepEqual(news.other(), []);
});

test('a change that means nothing to any proxy sends nothing', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  const { news } = await connectAll(mesh);
  const { publication } = await mesh.after(() => mesh.source.apply(pod('shop/job-0', { ips: ['10.0.0.99'] })));
  assert.deepEqual([news.client(), news.v1(), news.other()], [[], [], []]);
  assert.equal(publication.changes.length, 1);
});

test('whatever the order in which objects arrive, proxies hold the same', async (t) => {
  const held: unknown[] = [];
  for (const objects of [shop, shop.toReversed(), [...shop.slice(7), ...shop.slice(0, 7)]]) {
    const mesh = await RunningMesh.of(t);
    for (const object of objects) await mesh.after(() => mesh.source.apply(object));
    const client = await mesh.connect('shop/client-0');
    held.push(
      (['cluster', 'endpoint', 'listener', 'route'] as const).map((type) =>
        client.names(type).map((name) => `${name} ${client.held(type).get(name)?.version}`),
      ),
    );
    await mesh.stop();
  }
  assert.ok(JSON.stringify(held[0]).includes('shop/web/80'));
  assert.deepEqual(held[1], held[0]);
  assert.deepEqual(held[2], held[0]);
});

test('a control plane that restarts on the same objects sends new certificates and nothing else', async (t) => {
  const first = await RunningMesh.of(t, ...shop);
  const client = await first.connect('shop/client-0');
  const news = sinceThen(client);
  await Promise.all([first.plane.stop(), client.disconnect()]);

  const source = new MemorySource();
  source.apply(...shop.toReversed());
  const second = await RunningMesh.start(t, { source, root: first.root, port: first.port });
  await second.until('everything has been read', (event) => (event.type === 'settled' ? event : undefined));
  client.reconnect();
  await client.when(() => client.received.at(-1)?.resources.has('workload-certificate') === true);
  await quiet(client);
  assert.deepEqual(news(), ['secret workload-certificate']);
});
