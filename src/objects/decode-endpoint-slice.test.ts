import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml, objectFromYaml, said } from '../testing/decode-yaml.ts';

const slice = (rest: string) => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-x1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
${rest}`;

const endpoints = (yaml: string) => (objectFromYaml(yaml) as { endpoints: unknown }).endpoints;

test('a slice as an API server gives it', () => {
  const decoded = objectFromYaml(
    slice(`
ports: [{name: http, port: 8080, protocol: TCP, appProtocol: http}, {name: '', port: 9000}]
endpoints:
- addresses: [10.1.0.4]
  conditions: {ready: true, serving: true, terminating: false}
  hostname: web-0
  nodeName: node-1
  zone: eu-1a
  hints: {forZones: [{name: eu-1a}]}
  targetRef: {kind: Pod, name: web-0, namespace: shop, uid: x}`),
  );
  assert.deepEqual(decoded, {
    meta: {
      namespace: 'shop',
      name: 'web-x1',
      creationTimestamp: undefined,
      labels: { 'kubernetes.io/service-name': 'web' },
      annotations: {},
    },
    service: 'web',
    addressType: 'IPv4',
    ports: [
      { name: 'http', port: 8080, protocol: 'TCP' },
      { name: undefined, port: 9000, protocol: 'TCP' },
    ],
    endpoints: [
      {
        address: '10.1.0.4',
        ready: true,
        serving: true,
        terminating: false,
        pod: 'web-0',
        hostname: 'web-0',
        zone: 'eu-1a',
      },
    ],
  });
});

const unknown = { pod: undefined, hostname: undefined, zone: undefined };
const conditions: Readonly<Record<string, readonly [conditions: string, object]>> = {
  'without conditions an endpoint is ready': ['', { ready: true, serving: true, terminating: false }],
  'with unknown conditions an endpoint is ready': [
    'conditions: {ready: null, serving: null}',
    { ready: true, serving: true, terminating: false },
  ],
  'one that is not ready does not serve, unless it says so': [
    'conditions: {ready: false}',
    { ready: false, serving: false, terminating: false },
  ],
  'one that terminates can still serve': [
    'conditions: {ready: false, serving: true, terminating: true}',
    { ready: false, serving: true, terminating: true },
  ],
};

for (const [name, [yaml, expected]] of Object.entries(conditions)) {
  test(name, () => {
    const decoded = endpoints(slice(`endpoints:\n- addresses: [10.1.0.4]\n  ${yaml}`));
    assert.deepEqual(decoded, [{ address: '10.1.0.4', ...unknown, ...expected }]);
  });
}

test('the first address counts, one without any is none, and what is no Pod is not taken for one', () => {
  const decoded = endpoints(
    slice(`endpoints: [{addresses: [10.1.0.4, 10.1.0.5], targetRef: {kind: Node, name: n}}, {addresses: []}]`),
  );
  assert.deepEqual(decoded, [{ address: '10.1.0.4', ...unknown, ready: true, serving: true, terminating: false }]);
});

test('lists that Go writes as null are empty', () => {
  const decoded = objectFromYaml(slice('ports: null\nendpoints: null')) as { ports: unknown; endpoints: unknown };
  assert.deepEqual([decoded.ports, decoded.endpoints], [[], []]);
});

test('names instead of addresses are no endpoints', () => {
  const yaml = slice('endpoints: [{addresses: [example.com]}]').replace('IPv4', 'FQDN');
  assert.deepEqual(endpoints(yaml), []);
});

test('a slice of no service belongs to none', () => {
  const yaml = '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a}, addressType: IPv6}';
  const decoded = objectFromYaml(yaml) as { service: unknown; addressType: unknown };
  assert.deepEqual([decoded.service, decoded.addressType], ['', 'IPv6']);
});

test('a slice without an address type is refused', () => {
  const decoded = decodeYaml('{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a}}');
  assert.deepEqual(said(decoded), ['EndpointSlice default/a: addressType: must be IPv4, IPv6 or FQDN (InvalidObject)']);
});
