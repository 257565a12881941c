import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { applyChanges, type ClusterState, type ObjectChange } from '../cluster/cluster-state.ts';
import type { EnvoyLayer, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { resourceTypes } from '../envoy/resource-type.ts';
import { Redacted } from '../lib/redacted.ts';
import { createMeshBuilder } from '../mesh/build.ts';
import { defaultMeshOptions } from '../mesh/options.ts';
import { namespacedName } from '../objects/object-ref.ts';
import {
  endpointSlice,
  meshPod,
  removed,
  routeGroup,
  service,
  stateOf,
  tcpRoute,
  trafficSplit,
  trafficTarget,
} from '../testing/builders.ts';
import { defaultTranslationOptions } from './options.ts';
import type { Credentials } from './secrets.ts';
import { createTranslator, type Translation } from './translator.ts';

const objects: readonly ObjectChange[] = [
  service('shop/web', { clusterIPs: ['10.96.0.1'] }),
  service('shop/web-v1', { clusterIPs: ['10.96.0.2'] }),
  service('shop/web-v2', { clusterIPs: ['10.96.0.3'], selector: undefined }),
  service('shop/db', { clusterIPs: ['10.96.0.4'], ports: [{ port: 5432, name: 'tcp-db' }], selector: { app: 'web' } }),
  endpointSlice('shop/web-v2-1', { service: 'web-v2', endpoints: [{ address: '10.2.0.1' }] }),
  meshPod('shop/client', { ips: ['10.1.0.1'] }),
  meshPod('shop/web-1', { ips: ['10.1.0.2'] }),
  meshPod('shop/explicit', { ips: ['10.1.0.3'], annotations: { sidecar: 'explicit', upstreams: '15432=db:5432' } }),
  trafficSplit('shop/web', { service: 'web', backends: { 'web-v1': 90, 'web-v2': 10 } }),
  service('shop/db-v2', {
    clusterIPs: ['10.96.0.5'],
    ports: [{ port: 5432, name: 'tcp-db' }],
    selector: { app: 'web' },
  }),
  trafficSplit('shop/db', { service: 'db', backends: { db: 90, 'db-v2': 10 } }),
  trafficTarget('shop/web', { to: 'web', from: ['client', 'explicit'], rules: ['HTTPRouteGroup/all'] }),
  trafficTarget('shop/db', { to: 'web', from: ['client', 'explicit'], rules: ['TCPRoute/db'] }),
  routeGroup('shop/all', {}),
  tcpRoute('shop/db', 5432),
];

const credentials: Credentials = { certificateChain: 'chain', privateKey: new Redacted('key'), trustBundle: 'roots' };
const pods = ['client', 'web-1', 'explicit'] as const;

interface Round {
  readonly translation: Translation;
  readonly layers: Readonly<Record<(typeof pods)[number], readonly EnvoyLayer[]>>;
}

/** A mesh that changes, and what is translated each time. */
function changingMesh(): (...changes: readonly ObjectChange[]) => Round {
  const build = createMeshBuilder(defaultMeshOptions);
  const translate = createTranslator(defaultTranslationOptions);
  let state: ClusterState = stateOf();
  return (...changes) => {
    state = applyChanges(state, changes);
    const mesh = build(state);
    const translation = translate(mesh);
    const layersOf = (pod: string) => {
      const workload = mesh.workloads.get(namespacedName('shop', pod));
      return workload === undefined ? [] : translation.layersFor(workload, credentials);
    };
    return {
      translation,
      layers: { client: layersOf('client'), 'web-1': layersOf('web-1'), explicit: layersOf('explicit') },
    };
  };
}

/** `route shop/web/80`: the resources that are not the same as before, or gone (`-`). */
function differences(
  before: EnvoyResourceSet | undefined,
  after: EnvoyResourceSet | undefined,
  same: (a: unknown, b: unknown) => boolean,
): readonly string[] {
  if (before === after || before === undefined || after === undefined) return [];
  return resourceTypes.flatMap((type) => {
    if (before[type] === after[type]) return [];
    const names = new Set([...before[type].keys(), ...after[type].keys()]);
    return [...names]
      .filter((name) => !same(before[type].get(name), after[type].get(name)))
      .map((name) => `${after[type].has(name) ? '' : '-'}${type} ${name}`);
  });
}

/**
 * What changes, layer by layer. What is shared must be the same object where it has not changed, since all proxies have
 * it; what is a proxy's own need only say the same. A set of names that is another object is `names`.
 */
function changesOf(before: Round, after: Round): Readonly<Record<string, readonly string[]>> {
  const shared = (['services', 'transparent', 'explicit'] as const).map(
    (name) =>
      [
        name === 'explicit' ? 'scopes' : name,
        differences(before.translation[name], after.translation[name], Object.is),
      ] as const,
  );
  const own = pods.map((pod) => {
    const [old, now] = [before.layers[pod], after.layers[pod]];
    const names = old.some((layer, index) => layer.names !== now[index]?.names) ? ['names'] : [];
    return [pod, [...differences(old[0]?.resources, now[0]?.resources, isDeepStrictEqual), ...names]] as const;
  });
  return Object.fromEntries([...shared, ...own].filter(([, changed]) => changed.length > 0));
}

const cases: Record<
  string,
  { readonly change: readonly ObjectChange[]; readonly changes: Readonly<Record<string, readonly string[]>> }
> = {
  'nothing, when nothing has changed': { change: [], changes: {} },
  'one route, when a weight changes': {
    change: [trafficSplit('shop/web', { service: 'web', backends: { 'web-v1': 50, 'web-v2': 50 } })],
    changes: { services: ['route shop/web/80'] },
  },
  'one resource and no listener, when the weight of TCP connections changes': {
    change: [trafficSplit('shop/db', { service: 'db', backends: { db: 50, 'db-v2': 50 } })],
    changes: { services: ['extension shop/db/5432'] },
  },
  'one set of endpoints, when an endpoint comes': {
    change: [
      endpointSlice('shop/web-v2-1', {
        service: 'web-v2',
        endpoints: [{ address: '10.2.0.1' }, { address: '10.2.0.2' }],
      }),
    ],
    changes: { services: ['endpoint shop/web-v2/80'] },
  },
  'the routes of the root, when a split goes': {
    change: [removed(trafficSplit('shop/web', { service: 'web', backends: {} }))],
    changes: { services: ['route shop/web/80'], client: ['names'], 'web-1': ['names'], explicit: ['names'] },
  },
  'the routes of the destination, and no listener, when an HTTP rule changes': {
    change: [routeGroup('shop/all', { methods: ['GET'] })],
    changes: { 'web-1': ['route inbound/80'] },
  },
  'a secret of the destination, and the local port of the caller, when a TCP caller goes': {
    change: [trafficTarget('shop/db', { to: 'web', from: ['client'], rules: ['TCPRoute/db'] })],
    changes: { 'web-1': ['secret inbound/5432/callers'], explicit: ['listener outbound/127.0.0.1:15432', 'names'] },
  },
  'what belongs to a new service, and the names of those who may call it': {
    change: [service('shop/other', { clusterIPs: ['10.96.0.9'], selector: { app: 'web' }, ports: [9000] })],
    changes: {
      services: ['cluster shop/other/9000', 'endpoint shop/other/9000', 'route shop/other/9000'],
      transparent: ['listener outbound/10.96.0.9:9000'],
      scopes: [
        'scopedRoute outbound/other.shop:9000',
        'scopedRoute outbound/other.shop.svc:9000',
        'scopedRoute outbound/other.shop.svc.cluster.local:9000',
        'scopedRoute outbound/shop/other:9000',
      ],
      client: ['names'],
      explicit: ['names'],
      'web-1': ['cluster inbound/9000', 'listener inbound', 'route inbound/9000'],
    },
  },
};

for (const [sentence, { change, changes }] of Object.entries(cases)) {
  test(`a translation changes ${sentence}`, () => {
    const translate = changingMesh();
    const before = translate(...objects);
    assert.deepEqual(changesOf(before, translate(...change)), changes);
  });
}

test('a translation after a change is that of a new mesh', () => {
  for (const { change } of Object.values(cases)) {
    const translate = changingMesh();
    translate(...objects);
    const after = translate(...change);
    const anew = changingMesh()(...objects, ...change);
    assert.deepEqual(after.layers, anew.layers);
  }
});

test('what only sidecars of one mode need is made where there is one', () => {
  const translate = changingMesh();
  const sizes = ({ translation: { transparent, explicit } }: Round) => [
    transparent.listener.size,
    explicit.scopedRoute.size,
  ];
  const client = meshPod('shop/client');
  const proxy = meshPod('shop/explicit', { annotations: { sidecar: 'explicit' } });
  const web = service('shop/web', { clusterIPs: ['10.96.0.1'] });
  assert.deepEqual(sizes(translate(web)), [0, 0]);
  assert.deepEqual(sizes(translate(client)), [1, 0]);
  assert.deepEqual(sizes(translate(removed(client), proxy)), [0, 8]);
});
