import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterState } from '../../src/cluster/cluster-state.ts';
import { type NamespacedName, namespacedName } from '../../src/objects/object-ref.ts';
import { KubernetesSource } from '../../src/sources/kubernetes/kubernetes-source.ts';
import { SourceRecorder } from '../../src/testing/source-recorder.ts';
import { ControlPlane } from '../lib/control-plane.ts';
import { needs } from '../lib/requirements.ts';
import { ApiProxy } from './api-proxy.ts';
import { Cluster, type Manifest } from './cluster.ts';

const trafficSplits = 'trafficsplits.split.smi-spec.io';

const split = (name: string, weight = 1): Manifest => ({
  apiVersion: 'split.smi-spec.io/v1alpha4',
  kind: 'TrafficSplit',
  metadata: { name },
  spec: { service: 'root', backends: [{ service: 'a', weight }] },
});

const account = (name: string, labels: Readonly<Record<string, string>> = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, ...{ labels } },
});

const key = (name: string): NamespacedName => namespacedName('default', name);

const inDefault = (state: ClusterState, kind: 'ServiceAccount' | 'TrafficSplit') =>
  [...state[kind].keys()].filter((name) => name.startsWith('default/')).sort();

test('the Kubernetes source and an API server that is not always there', needs('kubernetes'), async (t) => {
  await using plane = await ControlPlane.start();
  const cluster = new Cluster(plane);
  await using proxy = await ApiProxy.start(plane.url, plane.certificateAuthority);
  const source = new KubernetesSource({ credentials: () => cluster.credentials(proxy.url) });
  const recorder = new SourceRecorder();
  source.start(recorder);

  const statusOf = (part: string) => source.status().find((status) => status.part === part)?.condition;
  /** The key of each object that changed, and whether it is there, for every time that it changed. */
  const changesSince = (updates: number) =>
    recorder.updates
      .slice(updates)
      .flatMap(({ changes }) => changes.map((change) => [change.key, change.object !== undefined] as const))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  const missed = () => source.status().some(({ condition }) => condition === 'stale');
  const settled = () => source.status().every(({ condition }) => condition === 'live' || condition === 'absent');

  await t.test('a server without SMI is read all the same', async () => {
    const state = await recorder.state('it was read', () => true);
    assert.ok(state.Namespace.has(namespacedName('', 'default')));
    assert.equal(statusOf('TrafficSplit'), 'absent');
    assert.equal(statusOf('Service'), 'live');
  });

  await t.test('a CRD that is made later is picked up, with the objects of its kind', async () => {
    await cluster.define();
    await cluster.create(split('early'));
    await recorder.state('the split is there', ({ TrafficSplit }) => TrafficSplit.has(key('early')));
    await recorder.until('every kind is there', () => source.status().every(({ condition }) => condition === 'live'));
  });

  await t.test('a CRD that is deleted takes its objects along, and harms nothing else', async () => {
    await cluster.create(account('bystander'));
    await recorder.state('the bystander is there', ({ ServiceAccount }) => ServiceAccount.has(key('bystander')));
    await cluster.undefine(trafficSplits);
    await recorder.state('the split is gone', ({ TrafficSplit }) => TrafficSplit.size === 0);
    await recorder.until('it is absent', () => statusOf('TrafficSplit') === 'absent');
    await cluster.patch(account('bystander', { still: 'followed' }));
    await recorder.state(
      'changes of others are followed',
      ({ ServiceAccount }) => ServiceAccount.get(key('bystander'))?.meta.labels['still'] === 'followed',
    );
  });

  await t.test('a CRD that comes back is picked up again', async () => {
    await cluster.define(trafficSplits);
    await cluster.create(split('again'));
    const state = await recorder.state('the split is there', ({ TrafficSplit }) => TrafficSplit.has(key('again')));
    assert.deepEqual(inDefault(state, 'TrafficSplit'), ['default/again']);
  });

  await t.test('a version that is no longer served is left for another, without losing an object', async () => {
    const updates = recorder.updates.length;
    const asksForV1alpha3 = proxy.sees(/^\/apis\/split\.smi-spec\.io\/v1alpha3\/trafficsplits\?watch/);
    await cluster.patchDefinition(trafficSplits, 'v1alpha4', { served: false });
    await asksForV1alpha3;
    await cluster.create({ ...split('in-v1alpha3'), apiVersion: 'split.smi-spec.io/v1alpha3' });
    await recorder.state('changes go on', ({ TrafficSplit }) => TrafficSplit.has(key('in-v1alpha3')));
    const asksForV1alpha4 = proxy.sees(/^\/apis\/split\.smi-spec\.io\/v1alpha4\/trafficsplits\?watch/);
    await cluster.patchDefinition(trafficSplits, 'v1alpha4', { served: true });
    await asksForV1alpha4;
    await cluster.create(split('in-v1alpha4'));
    await recorder.state('changes go on', ({ TrafficSplit }) => TrafficSplit.has(key('in-v1alpha4')));
    assert.deepEqual(changesSince(updates), [
      ['default/in-v1alpha3', true],
      ['default/in-v1alpha4', true],
    ]);
  });

  for (const how of ['stop', 'kill'] as const) {
    await t.test(`watches outlive an API server that ${how === 'stop' ? 'restarts' : 'crashes'}`, async () => {
      const before = recorder.latest;
      const updates = recorder.updates.length;
      await plane.stopApiServer(how);
      await recorder.until('it is missed', missed);
      assert.equal(recorder.latest, before, 'what was read stays');
      await plane.startApiServer();
      await cluster.create(account(`after-${how}`));
      await recorder.state('changes are followed again', (state) => state.ServiceAccount.has(key(`after-${how}`)));
      await recorder.until('every kind is followed again', settled);
      assert.deepEqual(
        changesSince(updates),
        [[`default/after-${how}`, true]],
        'the change came once, nothing else did',
      );
    });
  }

  await t.test('what happened while the way to the server was broken is found out by going on', async () => {
    await cluster.create(account('deleted-meanwhile'));
    await recorder.state('it is there', ({ ServiceAccount }) => ServiceAccount.has(key('deleted-meanwhile')));
    const updates = recorder.updates.length;
    proxy.become('broken');
    await recorder.until('it is missed', missed);
    await cluster.remove(account('deleted-meanwhile'));
    await cluster.create(account('created-meanwhile'));
    await cluster.patch(account('bystander', { still: 'changed-meanwhile' }));
    proxy.requests.length = 0;
    proxy.become('open');
    await recorder.state('the last change is there', ({ ServiceAccount }) => {
      return ServiceAccount.get(key('bystander'))?.meta.labels['still'] === 'changed-meanwhile';
    });
    assert.deepEqual(changesSince(updates), [
      ['default/bystander', true],
      ['default/created-meanwhile', true],
      ['default/deleted-meanwhile', false],
    ]);
    assert.deepEqual(
      proxy.requests.filter((url) => url.includes('/serviceaccounts') && !url.includes('resourceVersion=')),
      [],
      'no new list was needed',
    );
  });

  await t.test('a history that was compacted away costs exactly one list, which finds out what happened', async () => {
    await cluster.create(split('deleted-meanwhile'));
    await recorder.state('it is there', ({ TrafficSplit }) => TrafficSplit.has(key('deleted-meanwhile')));
    await recorder.until('every kind is followed', settled);
    const updates = recorder.updates.length;
    proxy.become('broken');
    await recorder.until('it is missed', missed);
    await cluster.remove(split('deleted-meanwhile'));
    await cluster.create(split('created-meanwhile'));
    await plane.compact();
    // The API server has the past in its own cache too.
    await plane.restart();
    proxy.requests.length = 0;
    proxy.become('open');
    const state = await recorder.state('the new split is there', ({ TrafficSplit }) => {
      return TrafficSplit.has(key('created-meanwhile')) && !TrafficSplit.has(key('deleted-meanwhile'));
    });
    assert.deepEqual(inDefault(state, 'TrafficSplit'), [
      'default/again',
      'default/created-meanwhile',
      'default/in-v1alpha3',
      'default/in-v1alpha4',
    ]);
    await recorder.until('every kind is followed', settled);
    assert.deepEqual(changesSince(updates), [
      ['default/created-meanwhile', true],
      ['default/deleted-meanwhile', false],
    ]);
    const lists = proxy.requests.filter((url) => url.includes('/trafficsplits?') && url.includes('sendInitialEvents'));
    assert.equal(lists.length, 1, proxy.requests.join('\n'));
  });

  await t.test('who stops hears nothing more', async () => {
    const updates = recorder.updates.length;
    await source.stop();
    await cluster.create(account('unheard'));
    assert.equal(recorder.updates.length, updates);
  });
});
