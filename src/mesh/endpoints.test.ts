import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { endpointSlice, meshPod, pod, service } from '../testing/builders.ts';
import { endpointsAt, inboundOf, meshOf, portOf } from '../testing/mesh-of.ts';

const web = service('shop/web', { clusterIPs: ['10.9.0.1'] });

type Row = readonly [objects: readonly ObjectChange[], endpoints: readonly string[]];

const rows: Readonly<Record<string, Row>> = {
  'without slices the ready pods that the selector means are the endpoints': [
    [
      pod('shop/web-1', { ips: ['10.0.0.2'] }),
      pod('shop/web-2', { ips: ['10.0.0.1'] }),
      pod('shop/web-3', { ips: ['10.0.0.3'], ready: false }),
      pod('shop/other-1', { ips: ['10.0.0.4'] }),
      pod('elsewhere/web-1', { ips: ['10.0.0.5'] }),
    ],
    ['10.0.0.1:80', '10.0.0.2:80'],
  ],
  'a selector of several labels means the pods that have them all': [
    [
      service('shop/web', { selector: { app: 'web', track: 'canary' } }),
      pod('shop/web-1', { labels: { app: 'web', track: 'canary' }, ips: ['10.0.0.1'] }),
      pod('shop/web-2', { labels: { app: 'web' }, ips: ['10.0.0.2'] }),
      pod('shop/web-3', { labels: { track: 'canary' }, ips: ['10.0.0.3'] }),
    ],
    ['10.0.0.1:80'],
  ],
  'a pod that has finished is nobody’s endpoint': [[pod('shop/web-1', { finished: true })], []],
  'slices count instead of pods as soon as there is one, even if it is empty': [
    [pod('shop/web-1'), endpointSlice('shop/web-abc', { service: 'web', endpoints: [] })],
    [],
  ],
  'the endpoints of several slices are put together, and each address counts once': [
    [
      endpointSlice('shop/web-a', {
        service: 'web',
        endpoints: [{ address: '10.0.0.2' }, { address: '10.0.0.1', ready: false }],
      }),
      endpointSlice('shop/web-b', { service: 'web', endpoints: [{ address: '10.0.0.1' }] }),
      endpointSlice('elsewhere/web-c', { service: 'web', endpoints: [{ address: '10.0.0.9' }] }),
    ],
    ['10.0.0.1:80', '10.0.0.2:80'],
  ],
  'of an endpoint that stands in two slices the better state counts': [
    [
      endpointSlice('shop/web-a', {
        service: 'web',
        endpoints: [
          { address: '10.0.0.1', ready: false, serving: false },
          { address: '10.0.0.2', ready: false, serving: true, terminating: true },
        ],
      }),
      endpointSlice('shop/web-b', {
        service: 'web',
        endpoints: [
          { address: '10.0.0.1', ready: false, serving: true, terminating: true },
          { address: '10.0.0.2', ready: false, serving: true },
          { address: '10.0.0.3' },
        ],
      }),
    ],
    ['10.0.0.1:80 draining', '10.0.0.3:80'],
  ],
  'slices may give a port another number each': [
    [
      service('shop/web', { ports: [{ port: 80, name: 'http', targetPort: 'web' }] }),
      endpointSlice('shop/web-a', { service: 'web', ports: { http: 8080 }, endpoints: [{ address: '10.0.0.1' }] }),
      endpointSlice('shop/web-b', { service: 'web', ports: { http: 9090 }, endpoints: [{ address: '10.0.0.2' }] }),
    ],
    ['10.0.0.1:8080', '10.0.0.2:9090'],
  ],
  'a slice without the port has no endpoints for it': [
    [endpointSlice('shop/web-a', { service: 'web', ports: { admin: 9 }, endpoints: [{ address: '10.0.0.1' }] })],
    [],
  ],
  'beside ready endpoints, those that terminate and still serve are draining': [
    [
      endpointSlice('shop/web-a', {
        service: 'web',
        endpoints: [
          { address: '10.0.0.1' },
          { address: '10.0.0.2', ready: false, serving: true, terminating: true },
          { address: '10.0.0.3', ready: false, serving: false, terminating: true },
        ],
      }),
    ],
    ['10.0.0.1:80', '10.0.0.2:80 draining'],
  ],
  'without ready endpoints, those that terminate and still serve take the traffic': [
    [
      endpointSlice('shop/web-a', {
        service: 'web',
        endpoints: [
          { address: '10.0.0.1', ready: false },
          { address: '10.0.0.2', ready: false, serving: true, terminating: true },
        ],
      }),
    ],
    ['10.0.0.2:80'],
  ],
  'a pod that terminates but is ready drains beside another': [
    [pod('shop/web-1', { ips: ['10.0.0.1'], terminating: true }), pod('shop/web-2', { ips: ['10.0.0.2'] })],
    ['10.0.0.1:80 draining', '10.0.0.2:80'],
  ],
  'a Service that publishes addresses that are not ready has them all': [
    [
      service('shop/web', { publishNotReadyAddresses: true }),
      pod('shop/web-1', { ips: ['10.0.0.1'], ready: false }),
      pod('shop/web-2', { ips: ['10.0.0.2'], terminating: true }),
    ],
    ['10.0.0.1:80', '10.0.0.2:80'],
  ],
  'a named target port may be another number in each pod, and a pod without the name is left out': [
    [
      service('shop/web', { ports: [{ port: 80, targetPort: 'http' }] }),
      pod('shop/web-1', { ips: ['10.0.0.1'], containerPorts: { http: 8080 } }),
      pod('shop/web-2', { ips: ['10.0.0.2'], containerPorts: { http: 9090 } }),
      pod('shop/web-3', { ips: ['10.0.0.3'], containerPorts: { other: 1 } }),
      pod('shop/web-4', { ips: ['10.0.0.4'], udpPorts: { http: 1 } }),
    ],
    ['10.0.0.1:8080', '10.0.0.2:9090'],
  ],
  'a pod with addresses of both families counts once, by the family of the Service': [
    [
      service('shop/web', { clusterIPs: ['fd00::9', '10.9.0.1'] }),
      pod('shop/web-1', { ips: ['10.0.0.1', 'fd00::1'] }),
      pod('shop/web-2', { ips: ['10.0.0.2'] }),
    ],
    ['10.0.0.2:80', 'fd00::1:80'],
  ],
  'slices of both families are one endpoint for each pod': [
    [
      pod('shop/web-1'),
      endpointSlice('shop/web-4', { service: 'web', endpoints: [{ address: '10.0.0.1', pod: 'web-1' }] }),
      endpointSlice('shop/web-6', {
        service: 'web',
        addressType: 'IPv6',
        endpoints: [{ address: 'fd00::1', pod: 'web-1' }],
      }),
    ],
    ['10.0.0.1:80'],
  ],
  'a headless Service keeps the addresses of both families': [
    [service('shop/web', { headless: true }), pod('shop/web-1', { ips: ['10.0.0.1', 'fd00::1'] })],
    ['10.0.0.1:80', 'fd00::1:80'],
  ],
  'a Service without a selector has what its slices say': [
    [
      service('shop/web', { selector: undefined }),
      pod('shop/web-1'),
      endpointSlice('shop/web-x', { service: 'web', endpoints: [{ address: '192.0.2.1' }] }),
    ],
    ['192.0.2.1:80'],
  ],
  'a Service without a selector and without slices has nothing': [
    [service('shop/web', { selector: undefined }), pod('shop/web-1')],
    [],
  ],
};

for (const [title, [objects, endpoints]] of Object.entries(rows)) {
  test(title, () => {
    assert.deepEqual(endpointsAt(meshOf(web, ...objects), 'shop/web/80'), endpoints);
  });
}

test('each port of a Service has its own endpoints', () => {
  const mesh = meshOf(
    service('shop/web', {
      ports: [
        { port: 80, name: 'http', targetPort: 8080 },
        { port: 9000, name: 'tcp-admin' },
      ],
    }),
    pod('shop/web-1'),
  );
  assert.deepEqual(endpointsAt(mesh, 'shop/web/80'), ['10.0.0.1:8080']);
  assert.deepEqual(endpointsAt(mesh, 'shop/web/9000'), ['10.0.0.1:9000']);
  assert.equal(portOf(mesh, 'shop/web/9000').protocol, 'tcp');
});

test('the same number for TCP and for UDP is two service ports', () => {
  const mesh = meshOf(
    service('shop/dns', {
      ports: [
        { port: 53, name: 'tcp' },
        { port: 53, name: 'udp', protocol: 'UDP' },
      ],
    }),
    meshPod('shop/dns-1'),
  );
  assert.deepEqual([...mesh.services.keys()], ['shop/dns/53', 'shop/dns/53/udp']);
  assert.deepEqual(
    inboundOf(mesh, 'shop/dns-1').map(({ number, protocol }) => `${number} ${protocol}`),
    ['53 tcp', '53 udp'],
  );
});

test('an ExternalName is no service of the mesh', () => {
  assert.equal(meshOf(service('shop/web', { externalName: 'example.com' })).services.size, 0);
});

test('an endpoint is reached as the sidecar of its pod asks, found by name or by address', () => {
  const mesh = meshOf(
    web,
    meshPod('shop/web-1', { ips: ['10.0.0.1'] }),
    pod('shop/web-2', { ips: ['10.0.0.2'], annotations: { sidecar: 'explicit', 'inbound-port': '15106' } }),
    pod('shop/web-3', { ips: ['10.0.0.3'] }),
    endpointSlice('shop/web-a', {
      service: 'web',
      endpoints: [
        { address: '10.0.0.1', pod: 'web-1' },
        { address: '10.0.0.2' },
        { address: '10.0.0.3', pod: 'web-3' },
        { address: '10.0.0.4', pod: 'unheard-of' },
      ],
    }),
  );
  assert.deepEqual(
    portOf(mesh, 'shop/web/80').endpoints.map(({ sidecar }) => sidecar),
    [{ mode: 'transparent' }, { mode: 'explicit', port: 15106 }, undefined, undefined],
  );
});

test('the address of a host is no pod’s', () => {
  const mesh = meshOf(
    web,
    pod('shop/agent-1', { ips: ['10.0.0.1'], hostNetwork: true, annotations: { sidecar: 'explicit' } }),
    endpointSlice('shop/web-a', { service: 'web', endpoints: [{ address: '10.0.0.1' }] }),
  );
  assert.equal(portOf(mesh, 'shop/web/80').endpoints[0]?.sidecar, undefined);
});

test('the servers of a port are the identities of all its pods with a sidecar, ready or not', () => {
  const mesh = meshOf(
    web,
    meshPod('shop/web-1', { serviceAccount: 'new', ready: false }),
    meshPod('shop/web-2', { serviceAccount: 'old', terminating: true }),
    meshPod('shop/web-3', { serviceAccount: 'old' }),
    pod('shop/web-4', { serviceAccount: 'plain' }),
    meshPod('shop/web-5', { serviceAccount: 'done', finished: true }),
  );
  assert.deepEqual(portOf(mesh, 'shop/web/80').servers, [
    'spiffe://cluster.local/ns/shop/sa/new',
    'spiffe://cluster.local/ns/shop/sa/old',
  ]);
});

test('a pod that only a slice names is a server as well', () => {
  const mesh = meshOf(
    service('shop/web', { selector: undefined }),
    meshPod('shop/odd-1'),
    endpointSlice('shop/web-a', {
      service: 'web',
      ports: { '': 8080 },
      endpoints: [{ address: '10.0.0.1', pod: 'odd-1' }],
    }),
  );
  assert.deepEqual(portOf(mesh, 'shop/web/80').servers, ['spiffe://cluster.local/ns/shop/sa/odd']);
  assert.deepEqual(
    inboundOf(mesh, 'shop/odd-1').map(({ number }) => number),
    [8080],
  );
});
