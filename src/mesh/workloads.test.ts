import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meshPod, pod, service } from '../testing/builders.ts';
import { inboundOf, meshOf, problemsOf } from '../testing/mesh-of.ts';

test('a workload is every pod with a sidecar, with the identity of its service account', () => {
  const mesh = meshOf(
    meshPod('shop/web-2', { serviceAccount: 'front', ips: ['10.0.0.2', 'fd00::2'] }),
    meshPod('shop/web-1', { ready: false, ips: [] }),
    pod('shop/web-3'),
    meshPod('shop/web-4', { finished: true }),
  );
  assert.deepEqual(
    [...mesh.workloads].map(([key, { identity, addresses }]) => [key, identity, addresses]),
    [
      ['shop/web-1', 'spiffe://cluster.local/ns/shop/sa/web', []],
      ['shop/web-2', 'spiffe://cluster.local/ns/shop/sa/front', ['10.0.0.2', 'fd00::2']],
    ],
  );
});

test('a pod serves every target port that a service leads to, also before it is ready', () => {
  const mesh = meshOf(
    service('shop/web', {
      ports: [
        { port: 80, targetPort: 'http' },
        { port: 90, targetPort: 9090, name: 'tcp' },
      ],
    }),
    service('shop/also', { selector: { app: 'web' }, ports: [{ port: 8000, targetPort: 8080 }] }),
    service('other/web', { ports: [7] }),
    meshPod('shop/web-1', { ready: false, containerPorts: { http: 8080 } }),
  );
  assert.deepEqual(
    inboundOf(mesh, 'shop/web-1').map(({ number, protocol, servicePorts, origins }) => ({
      number,
      protocol,
      servicePorts,
      origins: origins.map(({ name }) => name),
    })),
    [
      { number: 8080, protocol: 'http', servicePorts: ['shop/also/8000', 'shop/web/80'], origins: ['also', 'web'] },
      { number: 9090, protocol: 'tcp', servicePorts: ['shop/web/90'], origins: ['web'] },
    ],
  );
});

test('where services differ about the protocol of a pod’s port, the oldest decides and the others are told once', () => {
  const pods = [meshPod('shop/web-1'), meshPod('shop/web-2', { ips: ['10.0.0.2'] })];
  const mesh = meshOf(
    service('shop/a', {
      selector: { app: 'web' },
      ports: [{ port: 80, name: 'http' }],
      created: '2024-02-01T00:00:00Z',
    }),
    service('shop/b', {
      selector: { app: 'web' },
      ports: [{ port: 80, name: 'tcp' }],
      created: '2024-01-01T00:00:00Z',
    }),
    ...pods,
  );
  assert.equal(inboundOf(mesh, 'shop/web-1')[0]?.protocol, 'tcp');
  assert.deepEqual(
    mesh.diagnostics.map(({ message }) => message),
    ['Port 80 is HTTP, but it leads to pods’ port 80 as does port 80 of Service shop/b, which decides for TCP.'],
  );
  assert.deepEqual(problemsOf(mesh), ['warning ProtocolConflict Service/shop/a spec.ports[0]']);
});

test('within one service the lowest port decides about a target port that two lead to', () => {
  const mesh = meshOf(
    service('shop/web', {
      ports: [
        { port: 90, name: 'tcp', targetPort: 8080 },
        { port: 80, name: 'grpc', targetPort: 8080 },
      ],
    }),
    meshPod('shop/web-1'),
  );
  assert.deepEqual(
    inboundOf(mesh, 'shop/web-1').map(({ protocol, http2 }) => ({ protocol, http2 })),
    [{ protocol: 'http', http2: true }],
  );
  assert.deepEqual(problemsOf(mesh), ['warning ProtocolConflict Service/shop/web spec.ports[0]']);
});

test('an unknown application protocol and one that is not carried are reported', () => {
  const mesh = meshOf(
    service('shop/web', {
      ports: [
        { port: 80, appProtocol: 'acme.io/x' },
        { port: 81, protocol: 'SCTP' },
      ],
    }),
  );
  assert.deepEqual([...mesh.services.keys()], ['shop/web/80']);
  assert.deepEqual(problemsOf(mesh), [
    'warning UnknownProtocol Service/shop/web spec.ports[0].appProtocol',
    'warning UnsupportedProtocol Service/shop/web spec.ports[1].protocol',
  ]);
});

const databases = [
  service('shop/orders-db', { ports: [{ port: 5432, name: 'tcp-postgres' }] }),
  service('data/cache', { ports: [{ port: 6379, name: 'redis' }] }),
  service('shop/dns', {
    ports: [
      { port: 53, name: 'tcp' },
      { port: 53, name: 'udp', protocol: 'UDP' },
    ],
  }),
  service('shop/web'),
];

function upstreamsOf(upstreams: string, sidecar = 'explicit') {
  const mesh = meshOf(...databases, pod('shop/app-1', { annotations: { sidecar, upstreams } }));
  return {
    open: [...mesh.workloads.values()][0]?.upstreams.map(({ localPort, port }) => `${localPort}=${port}`),
    problems: mesh.diagnostics.map(({ severity, reason, message }) => `${severity} ${reason}: ${message}`),
  };
}

test('an explicit sidecar opens local ports to TCP services, named by short name, namespace or FQDN', () => {
  assert.deepEqual(upstreamsOf('16433=cache.data:6379, 16432=orders-db:5432,16434=cache.data.svc.cluster.local:6379'), {
    open: ['16432=shop/orders-db/5432', '16433=data/cache/6379', '16434=data/cache/6379'],
    problems: [],
  });
});

test('a local port leads to the same number for TCP and for UDP where a service has both', () => {
  assert.deepEqual(upstreamsOf('1053=dns:53').open, ['1053=shop/dns/53', '1053=shop/dns/53/udp']);
});

test('commas too many do no harm', () => {
  assert.deepEqual(upstreamsOf(' ,16432=orders-db:5432, ,').open, ['16432=shop/orders-db/5432']);
});

for (const entry of [
  'orders-db:5432',
  '0=orders-db:5432',
  '1=orders-db:0',
  '1=:5432',
  '1=db.example.com:5432',
  '1=orders-db',
]) {
  test(`an entry such as ${entry} opens nothing, and is reported`, () => {
    assert.deepEqual(upstreamsOf(entry), {
      open: [],
      problems: [`error InvalidAnnotation: The entry "${entry}" is ignored; it must be like 16432=orders-db:5432.`],
    });
  });
}

test('a transparent sidecar opens no local ports', () => {
  assert.deepEqual(upstreamsOf('16432=orders-db:5432', 'transparent'), { open: [], problems: [] });
});

const refusedUpstreams: Readonly<Record<string, readonly [string, readonly string[], string]>> = {
  'an entry that cannot be read': [
    'orders-db:5432,1053=dns:53',
    ['1053=shop/dns/53', '1053=shop/dns/53/udp'],
    'error InvalidAnnotation: The entry "orders-db:5432" is ignored; it must be like 16432=orders-db:5432.',
  ],
  'a service port that does not exist': [
    '16432=gone:1',
    [],
    'warning InvalidAnnotation: No Service has the port gone.shop:1; local port 16432 is closed until one has.',
  ],
  'an HTTP port': [
    '16480=web:80',
    [],
    'error InvalidAnnotation: web.shop:80 is HTTP, which is reached through the sidecar’s proxy port; local port 16480 stays closed.',
  ],
  'a local port that is given twice': [
    '16432=orders-db:5432,16432=cache.data:6379',
    ['16432=shop/orders-db/5432'],
    'error InvalidAnnotation: Local port 16432 is taken already; cache.data:6379 is not reached by it.',
  ],
  'a local port that is the sidecar’s own': [
    '15001=orders-db:5432',
    [],
    'error InvalidAnnotation: Local port 15001 is taken already; orders-db.shop:5432 is not reached by it.',
  ],
};

for (const [title, [written, open, problem]] of Object.entries(refusedUpstreams)) {
  test(`no local port is opened for ${title}, and it is reported`, () => {
    assert.deepEqual(upstreamsOf(written), { open, problems: [problem] });
  });
}
