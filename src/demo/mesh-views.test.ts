import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, Grant, HttpMatch, MeshModel, Routing, ServicePort, Workload } from '../mesh/model.ts';
import { servicePortKey } from '../mesh/model.ts';
import { serviceAccountId } from '../mesh/spiffe-id.ts';
import { namespacedName, type ObjectRef } from '../objects/object-ref.ts';
import type { Call } from './call.ts';
import { viewCalls } from './call-rows.ts';
import { describeChange } from './changes.ts';
import { viewDenials } from './denials.ts';
import { viewSplits } from './splits.ts';

const ref = (group: ObjectRef['group'], kind: string, name: string): ObjectRef => ({
  group,
  kind,
  namespace: 'shop',
  name,
});
const id = (name: string) => serviceAccountId('cluster.local', 'shop', name);
const key = (name: string) => servicePortKey('shop', name, 8080);

const match = (asked: Partial<HttpMatch>): HttpMatch => ({
  origin: ref('specs.smi-spec.io', 'HTTPRouteGroup', 'routes'),
  name: 'match',
  pathPrefixRegex: undefined,
  methods: [],
  headers: [],
  ...asked,
});

const unsplit: Routing = { rules: [], otherwise: [], otherwiseSplit: undefined, origins: [] };
const endpoint = (address: string): Endpoint => ({
  address,
  port: 8080,
  health: 'ready',
  sidecar: { mode: 'explicit', port: 15006 },
});

const service = (name: string, addresses: readonly string[], routing: Routing = unsplit): ServicePort => ({
  key: key(name),
  service: ref('', 'Service', name),
  number: 8080,
  protocol: 'http',
  http2: false,
  addresses: [],
  headlessAddresses: [],
  endpoints: addresses.map(endpoint),
  servers: [],
  routing,
  openToAll: false,
  origins: [],
});

const workload = (
  name: string,
  address: string,
  serves: readonly string[] = [],
  grants: readonly Grant[] = [],
): Workload => ({
  pod: ref('', 'Pod', name),
  identity: id(name),
  serviceAccount: name,
  addresses: [address],
  sidecar: { mode: 'explicit', port: 15006 },
  appAddress: address,
  mode: 'enforce',
  outboundPort: 15001,
  upstreams: [],
  inbound:
    serves.length === 0
      ? []
      : [
          {
            number: 8080,
            protocol: 'http',
            http2: false,
            servicePorts: serves.map(key),
            access: { mode: 'enforce', grants },
            origins: [],
          },
        ],
});

const grant = (caller: string, requests: Grant['requests']): Grant => ({
  origin: ref('access.smi-spec.io', 'TrafficTarget', `${caller}-to-shop`),
  callers: [id(caller)],
  callerAddresses: [],
  requests,
});

const canary = ref('split.smi-spec.io', 'TrafficSplit', 'canary');
const beta = ref('split.smi-spec.io', 'TrafficSplit', 'beta');

const routing = (v1: number, v2: number): Routing => ({
  rules: [
    {
      match: match({ headers: [{ name: 'x-reader', regex: 'beta' }] }),
      split: beta,
      destinations: [{ port: key('v2'), weight: 1 }],
    },
  ],
  otherwise: [
    { port: key('v1'), weight: v1 },
    { port: key('v2'), weight: v2 },
  ],
  otherwiseSplit: canary,
  origins: [],
});

const browse = match({ methods: ['GET'], pathPrefixRegex: '/books' });

function meshOf(split: Routing, grants: readonly Grant[] = [grant('buyer', [browse])]): MeshModel {
  const services = [
    service('shop', ['10.0.0.1', '10.0.0.2'], split),
    service('v1', ['10.0.0.1']),
    service('v2', ['10.0.0.2']),
  ];
  const workloads = [
    workload('buyer', '10.0.0.3'),
    workload('thief', '10.0.0.4'),
    workload('shop-1', '10.0.0.1', ['shop', 'v1'], grants),
    workload('shop-2', '10.0.0.2', ['shop', 'v2'], grants),
  ];
  return {
    services: new Map(services.map((each) => [each.key, each])),
    workloads: new Map(workloads.map((each) => [namespacedName('shop', each.pod.name), each])),
    reach: new Map(),
    diagnostics: [],
  };
}

const call = (facts: Partial<Call>): Call => ({
  from: 'buyer',
  call: 'browse',
  protocol: 'http',
  to: 'shop',
  authority: 'shop.shop:8080',
  method: 'GET',
  path: '/books',
  headers: {},
  status: 200,
  ms: 1,
  at: 0,
  ...facts,
});

test('answers are counted to the backend whose pod gave them, by the rule their request falls under', () => {
  const asBeta = { headers: { 'x-reader': 'beta' } };
  const calls = [
    call({ by: 'shop-1' }),
    call({ by: 'shop-1' }),
    call({ by: 'shop-2' }),
    call({ by: 'shop-2', ...asBeta }),
    call({ status: 403, denied: 'not-allowed', error: 'no' }),
    call({ by: 'shop-1', authority: 'other.shop:8080', to: 'other' }),
  ];
  assert.deepEqual(viewSplits(meshOf(routing(90, 10)), calls), [
    {
      service: 'shop',
      requests: 'x-reader: beta',
      origin: 'TrafficSplit shop/beta',
      shares: [{ backend: 'v2', weight: 1, count: 1 }],
    },
    {
      service: 'shop',
      requests: 'everything else',
      origin: 'TrafficSplit shop/canary',
      shares: [
        { backend: 'v1', weight: 90, count: 2 },
        { backend: 'v2', weight: 10, count: 1 },
      ],
    },
  ]);
});

test('an answer by a pod that no backend has is not hidden', () => {
  const [, otherwise] = viewSplits(meshOf(routing(90, 10)), [call({ by: 'buyer' })]);
  assert.deepEqual(otherwise?.shares.at(-1), { backend: 'somewhere else', weight: 0, count: 1 });
});

test('a denial says what the policies have against the call, alike ones once', () => {
  const refused = { status: 403, denied: 'not-allowed', error: 'no' };
  const calls = [
    call({ ...refused, path: '/till' }),
    call({ ...refused, path: '/till' }),
    call({ ...refused, from: 'thief' }),
    call({ from: 'thief', protocol: 'tcp', error: 'closed before a byte was received', status: undefined }),
    call({ by: 'shop-1' }),
  ];
  assert.deepEqual(viewDenials(meshOf(unsplit), calls), [
    {
      from: 'buyer',
      request: 'GET shop/till',
      answer: '403',
      said: 'not-allowed',
      why: 'TrafficTarget shop/buyer-to-shop allows buyer only GET /books',
      count: 2,
    },
    {
      from: 'thief',
      request: 'GET shop/books',
      answer: '403',
      said: 'not-allowed',
      why: 'no TrafficTarget has thief as a source for shop',
      count: 1,
    },
    {
      from: 'thief',
      request: 'TCP shop',
      answer: 'closed',
      said: undefined,
      why: 'no TrafficTarget has thief as a source for shop',
      count: 1,
    },
  ]);
});

test('a change is told as the shares and grants that are not what they were', () => {
  const before = meshOf(routing(90, 10));
  assert.deepEqual(describeChange(before, before), []);
  assert.deepEqual(describeChange(before, meshOf(routing(50, 50))), [
    'shop (everything else): v1 90% → 50%, v2 10% → 50%',
  ]);
  assert.deepEqual(describeChange(before, meshOf(unsplit, [])), [
    'shop (everything else): not split any more',
    'shop (x-reader: beta): not split any more',
    'buyer → shop-1: no longer may GET /books',
    'buyer → shop-2: no longer may GET /books',
  ]);
  const both = [grant('buyer', [browse]), grant('thief', 'any')];
  assert.deepEqual(describeChange(before, meshOf(routing(90, 10), both)), [
    'thief → shop-1: now may anything',
    'thief → shop-2: now may anything',
  ]);
});

test('calls are rows by who makes them and which they are, with rates and what became of them', () => {
  const calls = [
    call({ ms: 1 }),
    call({ ms: 3 }),
    call({ ms: 2 }),
    call({ status: 503, error: 'no healthy upstream', ms: 9 }),
    call({ from: 'aunt', call: 'ask', headers: { 'x-reader': 'beta' }, ms: 5 }),
  ];
  assert.deepEqual(viewCalls(calls, 2), [
    {
      from: 'aunt',
      call: 'ask',
      request: 'GET shop/books x-reader: beta',
      perSecond: 0.5,
      outcomes: { answered: 1, denied: 0, closed: 0, failed: 0 },
      failure: undefined,
      medianMs: 5,
    },
    {
      from: 'buyer',
      call: 'browse',
      request: 'GET shop/books',
      perSecond: 2,
      outcomes: { answered: 3, denied: 0, closed: 0, failed: 1 },
      failure: '503 no healthy upstream',
      medianMs: 2,
    },
  ]);
});
