import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { ObjectChange } from '../../cluster/cluster-state.ts';
import type { ControlEvent } from '../../control/events.ts';
import { createRoot } from '../../identity/certificate-authority.ts';
import { systemClock } from '../../lib/clock.ts';
import { describeRef } from '../../objects/object-ref.ts';
import { DirectorySource } from '../../sources/directory/directory-source.ts';
import type { ProxyId } from '../../xds-server/api.ts';
import { meshPod, pod, removed, routeGroup, service, trafficSplit, trafficTarget } from '../builders.ts';
import { ManualClock } from '../manual-clock.ts';
import { MemorySource } from '../memory-source.ts';
import { RunningMesh } from '../running-mesh.ts';

const split = (v1: number, v2: number) => trafficSplit('shop/canary', { service: 'web', backends: { v1, v2 } });

const client = meshPod('shop/client-0', { ips: ['10.0.0.2'] });

const shop: readonly ObjectChange[] = [
  service('shop/web', { clusterIPs: ['10.96.0.1'] }),
  service('shop/v1', { clusterIPs: ['10.96.0.2'], selector: { app: 'web' } }),
  service('shop/v2', { clusterIPs: ['10.96.0.3'], selector: { app: 'web' } }),
  meshPod('shop/web-0', { ips: ['10.0.0.1'] }),
  client,
  pod('shop/plain-0', { ips: ['10.0.0.3'] }),
  routeGroup('shop/any', {}),
  trafficTarget('shop/web', { to: 'web', from: ['client'], rules: ['HTTPRouteGroup/any'] }),
  split(90, 10),
];

const settled = (event: ControlEvent) => (event.type === 'settled' ? event : undefined);

test('who is no sidecar of the mesh is refused and told why', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  const metadata = { 'smi-envoy.io': { sidecar: 'transparent' } };
  const cases = {
    'without a proper id': [
      { id: 'somebody', metadata },
      status.INVALID_ARGUMENT,
      /node\.id must be "<namespace>\/<pod>"/,
    ],
    'without saying what kind of sidecar it is': [
      { id: 'shop/web-0', metadata: {} },
      status.INVALID_ARGUMENT,
      /node\.metadata must say \{"smi-envoy\.io": /,
    ],
    'as a pod that there is not': [{ id: 'shop/web-9', metadata }, status.NOT_FOUND, /pod shop\/web-9 is not known/],
    'as a pod without a sidecar': [
      { id: 'shop/plain-0', metadata },
      status.FAILED_PRECONDITION,
      /pod shop\/plain-0 is not in the mesh; annotate it/,
    ],
    'as another kind of sidecar': [
      { id: 'shop/web-0', metadata: { 'smi-envoy.io': { sidecar: 'explicit' } } },
      status.FAILED_PRECONDITION,
      /started as an explicit sidecar, but pod shop\/web-0 is annotated to have a transparent one/,
    ],
  } as const;
  for (const [name, [node, code, message]] of Object.entries(cases)) {
    await t.test(name, async () => {
      const stranger = mesh.envoy(node.id, { node }).start();
      await assert.rejects(
        stranger.when(() => false),
        { code, message },
      );
      const refusal = mesh.events.findLast((event) => event.type === 'xds');
      assert.ok(refusal?.event.type === 'refused' && message.test(refusal.event.message));
      assert.deepEqual(mesh.plane.proxies(), []);
    });
  }
});

test('nobody is served before everything has been read once', async (t) => {
  const source = new MemorySource({ hidden: true });
  source.apply(...shop);
  const mesh = await RunningMesh.start(t, { source });
  const early = mesh.envoy('shop/client-0').start();
  await assert.rejects(
    early.when(() => false),
    { code: status.UNAVAILABLE, message: /not everything has been read/ },
  );
  assert.equal(mesh.plane.current, undefined);
  source.reveal();
  await mesh.until('everything has been read', settled);
  const later = await mesh.connect('shop/client-0');
  assert.ok(later.names('cluster').includes('shop/web/80'));
});

test('a rejected resource is reported with the objects it came from, until a better one is accepted', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  let picky = false;
  const envoy = await mesh.connect('shop/client-0', {
    reject: (_type, name) => (picky && name === 'shop/web/80' ? 'I do not like shop/web/80' : undefined),
  });
  picky = true;
  await mesh.after(() => mesh.source.apply(split(50, 50)));

  const nack = mesh.events.find((event) => event.type === 'xds' && event.event.type === 'nack');
  assert.ok(nack?.type === 'xds' && nack.event.type === 'nack');
  assert.deepEqual(nack.event.resources, ['shop/web/80']);
  const [status] = mesh.plane.proxies();
  const rejected = status?.types.flatMap((type) => type.rejected);
  assert.deepEqual(
    rejected?.map(({ name, message, origins }) => [name, message, origins.map(describeRef)]),
    [['shop/web/80', 'I do not like shop/web/80', ['Service shop/web', 'TrafficSplit shop/canary']]],
  );
  assert.deepEqual(
    mesh.plane.diagnostics().map(({ reason, object }) => [reason, describeRef(object)]),
    [
      ['ResourceRejected', 'Service shop/web'],
      ['ResourceRejected', 'TrafficSplit shop/canary'],
    ],
  );

  picky = false;
  await mesh.after(() => mesh.source.apply(split(10, 90)));
  assert.deepEqual(mesh.plane.diagnostics(), []);
  assert.equal(envoy.received.at(-1)?.accepted, true);
});

test('a file that breaks is reported, and proxies keep what they have', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'smi-envoy-feature-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'shop.yaml');
  const yaml = (weight: string) => `
{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: shop }, spec: { clusterIP: 10.96.0.1, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: v1, namespace: shop }, spec: { clusterIP: 10.96.0.2, ports: [{ port: 80 }] } }
---
apiVersion: v1
kind: Pod
metadata: { name: client-0, namespace: shop, annotations: { smi-envoy.io/sidecar: transparent } }
spec: { serviceAccountName: client, containers: [] }
status: { phase: Running, podIP: 10.0.0.2, podIPs: [{ ip: 10.0.0.2 }], conditions: [{ type: Ready, status: "True" }] }
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: canary, namespace: shop }
spec: { service: web, backends: [{ service: web, weight: 1 }, { service: v1, weight: ${weight} }] }
`;
  writeFileSync(file, yaml('1'));
  const mesh = await RunningMesh.start(t, { source: new DirectorySource({ path: directory }) });
  await mesh.until('everything has been read', settled);
  const envoy = await mesh.connect('shop/client-0');
  const before = envoy.received.length;
  const version = envoy.held('route').get('shop/web/80')?.version;
  assert.notEqual(version, undefined);

  await mesh.after(() => writeFileSync(file, yaml('[')));
  assert.equal(envoy.received.length, before);
  assert.deepEqual(
    mesh.plane.diagnostics().map(({ reason }) => reason),
    ['InvalidYaml'],
  );

  await mesh.after(() => writeFileSync(file, yaml('3')));
  assert.notEqual(envoy.held('route').get('shop/web/80')?.version, version);
  assert.deepEqual(mesh.plane.diagnostics(), []);
});

test('a mistake of our own keeps what was served, and is reported', async (t) => {
  let broken = false;
  const source = new MemorySource();
  source.apply(...shop);
  const mesh = await RunningMesh.start(t, {
    source,
    validate: () => {
      if (broken) throw new Error('cannot be');
      return [];
    },
  });
  await mesh.until('everything has been read', settled);
  const envoy = await mesh.connect('shop/client-0');
  const before = envoy.received.length;
  broken = true;
  source.apply(split(50, 50));
  const fault = await mesh.until('a fault is reported', (event) => (event.type === 'fault' ? event : undefined));
  assert.match(String(fault.error), /cannot be/);
  assert.equal(envoy.received.length, before);
  assert.equal(mesh.plane.proxies().length, 1);

  broken = false;
  await mesh.after(() => source.apply(split(40, 60)));
  assert.deepEqual([...(envoy.received.at(-1)?.resources.keys() ?? [])], ['shop/web/80']);
});

test('a sidecar whose pod is gone keeps what it has, and is forgotten when it goes', async (t) => {
  const mesh = await RunningMesh.of(t, ...shop);
  const envoy = await mesh.connect('shop/client-0');
  const before = envoy.received.length;
  const proxy = 'shop/client-0' as ProxyId;
  await mesh.after(() => mesh.source.apply(removed(client)));
  assert.equal(envoy.received.length, before);
  assert.notEqual(mesh.plane.snapshotOf(proxy), undefined);
  await envoy.disconnect();
  await mesh.until('it has disconnected', (event) =>
    event.type === 'xds' && event.event.type === 'disconnected' ? event : undefined,
  );
  assert.equal(mesh.plane.snapshotOf(proxy), undefined);
});

test('a certificate that is renewed is all that is sent', async (t) => {
  const time = new ManualClock();
  const clock = { ...systemClock, date: time.date, after: time.after };
  const source = new MemorySource();
  source.apply(...shop);
  const mesh = await RunningMesh.start(t, {
    source,
    clock,
    random: () => 0,
    root: await createRoot('cluster.local', clock),
  });
  await mesh.until('everything has been read', settled);
  const envoy = await mesh.connect('shop/client-0');
  const before = envoy.received.length;
  time.advance(15 * 3_600_000);
  await envoy.quiet();
  assert.equal(envoy.received.length, before);
  time.advance(1.5 * 3_600_000);
  await envoy.whenReceived(before + 1);
  await envoy.quiet();
  assert.deepEqual(
    envoy.received.slice(before).map(({ resources }) => [...resources.keys()]),
    [['workload-certificate']],
  );
});
