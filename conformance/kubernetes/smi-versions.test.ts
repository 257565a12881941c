import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectKind } from '../../src/cluster/cluster-state.ts';
import { namespacedName } from '../../src/objects/object-ref.ts';
import { smiKinds } from '../../src/smi/kinds.ts';
import { KubernetesSource } from '../../src/sources/kubernetes/kubernetes-source.ts';
import { SourceRecorder } from '../../src/testing/source-recorder.ts';
import { ControlPlane } from '../lib/control-plane.ts';
import { needs } from '../lib/requirements.ts';
import { Cluster, crds, type Manifest } from './cluster.ts';

type Versions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One meaning of each kind, in the words of each version. */
const written: Readonly<Record<string, { readonly group: string; readonly versions: Versions }>> = {
  TrafficSplit: {
    group: 'split.smi-spec.io',
    versions: {
      v1alpha1: {
        spec: {
          service: 'web',
          backends: [
            { service: 'web-v1', weight: '1500m' },
            { service: 'web-v2', weight: '500m' },
          ],
        },
      },
      v1alpha2: {
        spec: {
          service: 'web',
          backends: [
            { service: 'web-v1', weight: 3 },
            { service: 'web-v2', weight: 1 },
          ],
        },
      },
      v1alpha3: {
        spec: {
          service: 'web',
          backends: [
            { service: 'web-v1', weight: 3 },
            { service: 'web-v2', weight: 1 },
          ],
        },
      },
      v1alpha4: {
        spec: {
          service: 'web',
          backends: [
            { service: 'web-v1', weight: 3 },
            { service: 'web-v2', weight: 1 },
          ],
        },
      },
    },
  },
  TrafficTarget: {
    group: 'access.smi-spec.io',
    versions: {
      v1alpha1: {
        destination: { kind: 'ServiceAccount', name: 'server', namespace: 'elsewhere' },
        specs: [{ kind: 'HTTPRouteGroup', name: 'api', matches: ['read'] }],
        sources: [{ kind: 'ServiceAccount', name: 'client', namespace: 'outside' }],
      },
      v1alpha2: {
        spec: {
          destination: { kind: 'ServiceAccount', name: 'server', namespace: 'elsewhere' },
          rules: [{ kind: 'HTTPRouteGroup', name: 'api', matches: ['read'] }],
          sources: [{ kind: 'ServiceAccount', name: 'client', namespace: 'outside' }],
        },
      },
      v1alpha3: {
        spec: {
          destination: { kind: 'ServiceAccount', name: 'server', namespace: 'elsewhere' },
          rules: [{ kind: 'HTTPRouteGroup', name: 'api', matches: ['read'] }],
          sources: [{ kind: 'ServiceAccount', name: 'client', namespace: 'outside' }],
        },
      },
      v1alpha4: {
        spec: {
          destination: { kind: 'ServiceAccount', name: 'server', namespace: 'elsewhere' },
          rules: [{ kind: 'HTTPRouteGroup', name: 'api', matches: ['read'] }],
          sources: [{ kind: 'ServiceAccount', name: 'client', namespace: 'outside' }],
        },
      },
    },
  },
  IdentityBinding: {
    group: 'access.smi-spec.io',
    versions: {
      v1alpha4: { spec: { schemes: { serviceAccount: 'client', spiffeIdentities: ['cluster.local/ns/a/sa/b'] } } },
    },
  },
  HTTPRouteGroup: {
    group: 'specs.smi-spec.io',
    versions: {
      v1alpha1: { matches: [{ name: 'read', pathRegex: '/api', methods: ['GET'] }] },
      v1alpha2: { matches: [{ name: 'read', pathRegex: '/api', methods: ['GET'] }] },
      v1alpha3: { spec: { matches: [{ name: 'read', pathRegex: '/api', methods: ['GET'] }] } },
      // What the public conformance suite of SMI writes: the newest version with the oldest shape (R5).
      v1alpha4: { matches: [{ name: 'read', pathRegex: '/api', methods: ['GET'] }] },
    },
  },
  TCPRoute: {
    group: 'specs.smi-spec.io',
    versions: { v1alpha1: {}, v1alpha2: {}, v1alpha3: { spec: {} }, v1alpha4: { spec: { matches: {} } } },
  },
  UDPRoute: {
    group: 'specs.smi-spec.io',
    versions: { v1alpha1: {}, v1alpha2: {}, v1alpha3: {}, v1alpha4: { spec: { matches: {} } } },
  },
};

/** What each kind means, whichever version it was written in. */
const meant: Readonly<Record<string, object>> = {
  TrafficSplit: {
    service: 'web',
    backends: [
      { service: 'web-v1', weight: 3 },
      { service: 'web-v2', weight: 1 },
    ],
    matches: [],
  },
  TrafficTarget: {
    destination: { kind: 'ServiceAccount', namespace: 'elsewhere', name: 'server' },
    destinationPort: undefined,
    rules: [{ kind: 'HTTPRouteGroup', name: 'api', matches: ['read'] }],
    sources: [{ kind: 'ServiceAccount', namespace: 'outside', name: 'client' }],
  },
  IdentityBinding: { podSelectors: [], spiffeIdentities: ['cluster.local/ns/a/sa/b'], serviceAccount: 'client' },
  HTTPRouteGroup: {
    matches: [{ name: 'read', pathRegex: '/api', methods: ['GET'], headers: [] }],
  },
  TCPRoute: { ports: [] },
  UDPRoute: { ports: [] },
};

const manifests: readonly Manifest[] = Object.entries(written).flatMap(([kind, { group, versions }]) =>
  Object.entries(versions).map(([version, fields]) => ({
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name: `in-${version}` },
    ...fields,
  })),
);

test('SMI on a real API server', needs('kubernetes'), async (t) => {
  await using plane = await ControlPlane.start();
  const cluster = new Cluster(plane);

  await t.test('the CRDs are accepted as they are, without a warning about their schemas', async () => {
    await cluster.define();
    const { body } = await plane.request('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
    const { items } = body as { readonly items: readonly Definition[] };
    const conditions = items.map(({ metadata, status }) => [
      metadata.name,
      status.conditions.filter((condition) => condition.status === 'True').map(({ type }) => type),
    ]);
    assert.deepEqual(
      conditions.sort(),
      [...crds.keys()].sort().map((name) => [name, ['NamesAccepted', 'Established']]),
    );
  });

  await t.test('every version of every kind can be written', async () => {
    for (const manifest of manifests) await cluster.create(manifest);
  });

  await t.test('and means the same whichever version it was written in', async () => {
    const source = new KubernetesSource({ credentials: () => cluster.credentials() });
    const recorder = new SourceRecorder();
    source.start(recorder);
    try {
      const state = await recorder.state('it was read', () => true);
      assert.deepEqual(state.problems, []);
      for (const { kind, metadata } of manifests) {
        const read = state[kind as ObjectKind].get(namespacedName('default', metadata.name));
        assert.ok(read !== undefined, `${kind} ${metadata.name} was not read`);
        const { meta, ...meaning } = read;
        assert.deepEqual(meaning, meant[kind], `${kind} ${metadata.name}`);
        assert.match(meta.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      }
    } finally {
      await source.stop();
    }
  });

  await t.test('what a user wrote is stored as it was written', async () => {
    for (const { apiVersion, kind, metadata, ...fields } of manifests) {
      const { body } = await plane.request('GET', cluster.pathOf({ apiVersion, kind, metadata }));
      const { apiVersion: _, kind: __, metadata: ___, ...stored } = body as Record<string, unknown>;
      assert.deepEqual(stored, fields, `${kind} ${metadata.name}`);
    }
  });
});

test('no version of no kind is left out here', () => {
  assert.deepEqual(
    Object.fromEntries(Object.entries(written).map(([kind, { versions }]) => [kind, Object.keys(versions)])),
    Object.fromEntries(Object.values(smiKinds).map(({ kind, versions }) => [kind, versions])),
  );
});

interface Definition {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}
