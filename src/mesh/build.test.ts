import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyChanges, type ClusterState, type ObjectChange } from '../cluster/cluster-state.ts';
import {
  endpointSlice,
  identityBinding,
  meshPod,
  namespace,
  pod,
  removed,
  routeGroup,
  service,
  stateOf,
  tcpRoute,
  trafficSplit,
  trafficTarget,
  udpRoute,
} from '../testing/builders.ts';
import { createMeshBuilder } from './build.ts';
import type { MeshModel } from './model.ts';
import { defaultMeshOptions } from './options.ts';

/** Three services that call one another, two of them split, with pods, slices and policies. */
const shop: readonly ObjectChange[] = [
  ...['web', 'v1', 'v2'].flatMap((name, index) => [
    service(`shop/${name}`, { clusterIPs: [`10.9.0.${index}`] }),
    meshPod(`shop/${name}-1`, { ips: [`10.0.${index}.1`] }),
    meshPod(`shop/${name}-2`, { ips: [`10.0.${index}.2`] }),
    trafficTarget(`shop/to-${name}`, { to: name, from: ['client'], rules: ['HTTPRouteGroup/api'] }),
  ]),
  endpointSlice('shop/v2-a', { service: 'v2', endpoints: [{ address: '10.0.2.1', pod: 'v2-1' }] }),
  meshPod('shop/client-1', { ips: ['10.0.9.1'] }),
  routeGroup('shop/api', { name: 'api', pathRegex: '/api' }),
  trafficSplit('shop/web', { service: 'web', backends: { v1: 90, v2: 10 } }),
  trafficSplit('shop/v1', { service: 'v1', backends: { v1: 50, v2: 50 } }),
];

/** Builds before and after a change, and tells which objects of the model are no longer the same. */
function changedBy(change: ObjectChange | readonly ObjectChange[]): readonly string[] {
  const build = createMeshBuilder(defaultMeshOptions);
  const state = stateOf(...shop);
  const before = build(state);
  const after = build(applyChanges(state, [change].flat()));
  const changed: string[] = [];
  const compare = <K extends string, V>(part: string, was: ReadonlyMap<K, V>, is: ReadonlyMap<K, V>): void => {
    for (const key of new Set([...was.keys(), ...is.keys()])) {
      if (was.get(key) !== is.get(key)) changed.push(`${part} ${key}`);
    }
    if (was !== is) changed.push(part);
  };
  compare('services', before.services, after.services);
  compare('workloads', before.workloads, after.workloads);
  compare('reach', before.reach, after.reach);
  if (before.diagnostics !== after.diagnostics) changed.push('diagnostics');
  return changed;
}

const rows: Readonly<
  Record<string, readonly [change: ObjectChange | readonly ObjectChange[], changed: readonly string[]]>
> = {
  'a change of a split’s weights changes its root’s port and nothing else': [
    trafficSplit('shop/web', { service: 'web', backends: { v1: 50, v2: 50 } }),
    ['services shop/web/80', 'services'],
  ],
  'a split that leads somewhere else changes its root’s port, and the reach of nobody who knew that already': [
    trafficSplit('shop/web', { service: 'web', backends: { v2: 1 } }),
    ['services shop/web/80', 'services'],
  ],
  'a split that goes away changes its root’s port and nothing that its root is made of': [
    removed(trafficSplit('shop/v1', { service: 'v1', backends: {} })),
    ['services shop/v1/80', 'services'],
  ],
  'a pod that becomes unready changes its service’s port and itself': [
    meshPod('shop/web-2', { ips: ['10.0.0.2'], ready: false }),
    ['services shop/web/80', 'services', 'workloads shop/web-2', 'workloads'],
  ],
  'a new pod changes its service’s port and the workloads': [
    meshPod('shop/v1-3', { ips: ['10.0.1.3'] }),
    ['services shop/v1/80', 'services', 'workloads shop/v1-3', 'workloads'],
  ],
  'a slice changes its service’s port only': [
    endpointSlice('shop/v2-a', { service: 'v2', endpoints: [{ address: '10.0.2.2', pod: 'v2-2' }] }),
    ['services shop/v2/80', 'services'],
  ],
  'a policy changes the pods it is about, and the reach of whom it names': [
    trafficTarget('shop/to-v2', { to: 'v2', from: ['client', 'new'], rules: ['HTTPRouteGroup/api'] }),
    [
      ...['workloads shop/v2-1', 'workloads shop/v2-2', 'workloads'],
      ...['reach spiffe://cluster.local/ns/shop/sa/new', 'reach', 'diagnostics'],
    ],
  ],
  'a policy for nobody in the mesh changes nothing but what is said of it': [
    trafficTarget('shop/to-nobody', { to: 'nobody', from: [], rules: ['HTTPRouteGroup/api'] }),
    ['diagnostics'],
  ],
  'an object of a kind that nothing refers to changes nothing': [tcpRoute('shop/unused', 1), []],
  'a namespace’s mode changes its workloads and what everyone must know': [
    namespace('shop', { annotations: { mode: 'audit' } }),
    [
      ...['web', 'v1', 'v2'].map((name) => `services shop/${name}/80`),
      'services',
      ...['client-1', 'v1-1', 'v1-2', 'v2-1', 'v2-2', 'web-1', 'web-2'].map((name) => `workloads shop/${name}`),
      'workloads',
      ...['reach spiffe://cluster.local/ns/shop/sa/client', 'reach'],
    ],
  ],
};

for (const [title, [change, changed]] of Object.entries(rows)) {
  test(title, () => {
    assert.deepEqual(changedBy(change).toSorted(), changed.toSorted());
  });
}

test('a port whose split changes keeps its endpoints, servers, addresses and origins', () => {
  const build = createMeshBuilder(defaultMeshOptions);
  const state = stateOf(...shop);
  const [before] = [...build(state).services.values()].filter(({ key }) => key === 'shop/web/80');
  const split = trafficSplit('shop/web', { service: 'web', backends: { v1: 1 } });
  const [after] = [...build(applyChanges(state, [split])).services.values()].filter(({ key }) => key === 'shop/web/80');
  assert.notEqual(after?.routing, before?.routing);
  for (const part of ['endpoints', 'servers', 'addresses', 'headlessAddresses', 'origins', 'service'] as const) {
    assert.equal(after?.[part], before?.[part], part);
  }
});

test('the same state gives the same model', () => {
  const build = createMeshBuilder(defaultMeshOptions);
  const state = stateOf(...shop);
  assert.equal(build(state), build(state));
});

test('what was built before leaves no trace: going there and back gives what was', () => {
  const build = createMeshBuilder(defaultMeshOptions);
  const state = stateOf(...shop);
  const before = inOrder(build(state));
  build(applyChanges(state, shop.slice(3).map(removed)));
  assert.deepEqual(inOrder(build(state)), before);
});

/** A model as nested lists, so that also the order of its maps and sets is compared. */
const inOrder = ({ services, workloads, reach, diagnostics }: MeshModel) => ({
  services: [...services],
  workloads: [...workloads],
  reach: [...reach].map(([identity, ports]) => [identity, [...ports]]),
  diagnostics,
});

const names = fc.constantFrom('a', 'b', 'c');
const namespaces = fc.constantFrom('x', 'y');
const named = fc.tuple(namespaces, names).map((parts) => parts.join('/'));
const created = fc.constantFrom('2024-01-01T00:00:00Z', '2024-02-01T00:00:00Z');
const weights = fc.constantFrom(0, 1, 10);
const subjects = fc.constantFrom('a', 'b', 'x/c', 'y/a', 'binding:a', '');
const rules = fc.constantFrom('HTTPRouteGroup/a', 'HTTPRouteGroup/b#m', 'TCPRoute/a', 'TCPRoute/c', 'UDPRoute/b');
const sidecars = fc.constantFrom('transparent', 'explicit', 'none', 'wrong');
const modes = fc.constantFrom('enforce', 'audit', 'permissive');

const objects: fc.Arbitrary<ObjectChange> = fc.oneof(
  fc
    .record({
      headless: fc.boolean(),
      clusterIPs: fc.subarray(['10.9.0.1', '10.9.0.2', 'fd00::9'], { maxLength: 2 }),
      ports: fc.subarray([
        { port: 80 },
        { port: 81, name: 'tcp-x', targetPort: 80 },
        { port: 53, protocol: 'UDP' as const },
        { port: 82, targetPort: 'named' },
      ]),
      selector: fc.constantFrom({ app: 'a' }, { app: 'b' }, { role: 'z' }),
      created,
    })
    .chain((written) => named.map((name) => service(name, written))),
  fc
    .record({
      labels: fc.constantFrom({ app: 'a' }, { app: 'a', role: 'z' }, { app: 'b' }, { app: 'b', role: 'z' }),
      serviceAccount: names,
      ips: fc.subarray(['10.0.0.1', '10.0.0.2', 'fd00::1']),
      ready: fc.boolean(),
      terminating: fc.boolean(),
      containerPorts: fc.constantFrom({ named: 80 }, { named: 90 }, {}),
      annotations: fc.record({ sidecar: sidecars, mode: modes }),
    })
    .chain((written) => fc.tuple(named, fc.nat(3)).map(([name, n]) => pod(`${name}-${n}`, written))),
  fc
    .tuple(named, names, fc.subarray(['10.0.0.1', '10.0.0.2', '10.0.0.3']))
    .map(([name, of, addresses]) =>
      endpointSlice(name, { service: of, endpoints: addresses.map((address) => ({ address })) }),
    ),
  fc
    .tuple(
      named,
      fc.record({
        service: fc.constantFrom('a', 'b.x', 'c', 'gone'),
        backends: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'gone'), weights), { maxLength: 4 }),
        matches: fc.subarray(['a', 'b', 'gone']),
        created,
      }),
    )
    .map(([name, written]) => trafficSplit(name, written)),
  fc
    .tuple(
      named,
      fc.record({ to: subjects, from: fc.array(subjects, { maxLength: 3 }), rules: fc.array(rules, { maxLength: 3 }) }),
    )
    .map(([name, written]) => trafficTarget(name, written)),
  fc
    .tuple(named, fc.array(fc.constantFrom({ name: 'm' }, { name: 'n', pathRegex: '/a' }, { pathRegex: '(' })))
    .map(([name, matches]) => routeGroup(name, ...matches)),
  fc.tuple(named, fc.subarray([80, 81, 1])).map(([name, ports]) => tcpRoute(name, ...ports)),
  fc.tuple(named, fc.subarray([53, 1])).map(([name, ports]) => udpRoute(name, ...ports)),
  fc
    .tuple(named, fc.subarray([{ role: 'z' }, { app: 'a' }]), fc.subarray(['cluster.local/ns/x/sa/a', 'nonsense']))
    .map(([name, podSelectors, spiffeIdentities]) => identityBinding(name, { podSelectors, spiffeIdentities })),
  fc.tuple(namespaces, modes).map(([name, mode]) => namespace(name, { annotations: { mode } })),
);

/** One object for each kind and name. */
const clusters = fc.uniqueArray(objects, { selector: ({ kind, key }) => `${kind} ${key}`, maxLength: 40 });

test('R52: the order in which objects arrive changes nothing, and neither does what was there before', () => {
  const deepFreeze = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
      Object.freeze(value);
      Object.values(value).forEach(deepFreeze);
    }
    return value;
  };
  const orders = clusters.chain((cluster) =>
    fc.tuple(fc.constant(cluster), fc.shuffledSubarray([...cluster], { minLength: cluster.length }), fc.nat()),
  );
  fc.assert(
    fc.property(orders, ([cluster, shuffled, seed]) => {
      cluster.forEach(deepFreeze);
      const expected = inOrder(createMeshBuilder(defaultMeshOptions)(stateOf(...cluster)));
      // The same objects in another order, some of them first, to a builder that remembers.
      const build = createMeshBuilder(defaultMeshOptions);
      let state: ClusterState = stateOf(...shuffled.slice(0, seed % (shuffled.length + 1)));
      build(state);
      state = applyChanges(state, shuffled);
      assert.deepEqual(inOrder(build(state)), expected);
    }),
    { numRuns: 300 },
  );
});

test('whatever is written, nobody is let in by an empty list, and nothing leads to a port that is not there', () => {
  fc.assert(
    fc.property(clusters, (cluster) => {
      const mesh = createMeshBuilder(defaultMeshOptions)(stateOf(...cluster));
      for (const { inbound } of mesh.workloads.values()) {
        for (const { access, protocol } of inbound) {
          for (const { callers, requests } of access.grants) {
            assert.ok(callers.length > 0);
            assert.ok(requests === 'any' || (requests.length > 0 && protocol === 'http'));
          }
        }
      }
      for (const { routing } of mesh.services.values()) {
        for (const { port, weight } of [...routing.rules.flatMap((rule) => rule.destinations), ...routing.otherwise]) {
          assert.ok(mesh.services.has(port) && weight > 0);
        }
      }
      for (const ports of mesh.reach.values()) {
        for (const port of ports) {
          const routing = mesh.services.get(port)?.routing;
          for (const destination of [
            ...(routing?.rules ?? []).flatMap((rule) => rule.destinations),
            ...(routing?.otherwise ?? []),
          ]) {
            assert.ok(ports.has(destination.port) || mesh.services.get(destination.port)?.openToAll);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
