import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resources } from '../../src/cluster/resources.ts';
import { namespacedName } from '../../src/objects/object-ref.ts';
import { KubernetesSource } from '../../src/sources/kubernetes/kubernetes-source.ts';
import { SourceRecorder } from '../../src/testing/source-recorder.ts';
import { ControlPlane } from '../lib/control-plane.ts';
import { needs } from '../lib/requirements.ts';
import { Cluster } from './cluster.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const split = {
  apiVersion: 'split.smi-spec.io/v1alpha4',
  kind: 'TrafficSplit',
  metadata: { name: 'split' },
  spec: { service: 'root', backends: [{ service: 'a', weight: 1 }] },
};

test('what the Kubernetes source may read', needs('kubernetes'), async (t) => {
  await using plane = await ControlPlane.start({ users: { reader: [] } });
  const cluster = new Cluster(plane);
  await cluster.define();
  await cluster.create(split);
  const source = new KubernetesSource({ credentials: () => cluster.credentials(plane.url, 'reader') });
  const recorder = new SourceRecorder();
  source.start(recorder);
  const grant = async (kinds: readonly string[]) => {
    const granted = resources.filter(({ kind }) => kinds.includes(kind));
    const rules = granted.map(({ group, plural }) => ({
      apiGroups: [group],
      resources: [plural],
      verbs: ['list', 'watch'],
    }));
    const role = await plane.request('POST', `${rbac}/clusterroles`, { metadata: { name: kinds.join('-') }, rules });
    assert.equal(role.status, 201, JSON.stringify(role.body));
    const binding = await plane.request('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: kinds.join('-') },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: kinds.join('-') },
      subjects: [{ kind: 'User', name: 'reader' }],
    });
    assert.equal(binding.status, 201, JSON.stringify(binding.body));
  };
  const conditionOf = (kind: string) => source.status().find(({ part }) => part === kind)?.condition;

  await t.test('a kind that may not be read is named, and half a mesh is never given out', async () => {
    await grant(resources.map(({ kind }) => kind).filter((kind) => kind !== 'TrafficTarget'));
    const status = await recorder.statusOf(
      'TrafficTargets are missed',
      ({ part, message }) => part === 'TrafficTarget' && message !== '',
    );
    assert.equal(status.condition, 'starting');
    assert.match(status.message, /User "reader" cannot watch resource "traffictargets"/);
    await recorder.until('the others are read', () =>
      source.status().every(({ part, condition }) => part === 'TrafficTarget' || condition === 'live'),
    );
    assert.deepEqual(recorder.updates, []);
  });

  await t.test('a permission that is given later is enough, without one to read CRDs', async () => {
    await grant(['TrafficTarget']);
    const state = await recorder.state('it was read', () => true);
    assert.ok(state.TrafficSplit.has(namespacedName('default', 'split')));
    assert.equal(conditionOf('TrafficTarget'), 'live');
  });

  await t.test('a permission that is taken away leaves what was read', async () => {
    await plane.request('DELETE', `${rbac}/clusterrolebindings/TrafficTarget`);
    const before = recorder.latest;
    // Watches under way go on; the next one is refused.
    await plane.restart();
    await recorder.until('only TrafficTargets are missed', () =>
      source
        .status()
        .every(({ part, condition, message }) =>
          part === 'TrafficTarget' ? condition === 'stale' && message.includes('cannot watch') : condition === 'live',
        ),
    );
    assert.equal(recorder.latest, before);
  });

  await source.stop();
});
