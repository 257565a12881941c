import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meshPod, service } from '../testing/builders.ts';
import { meshOf, portOf, problemsOf } from '../testing/mesh-of.ts';

test('a service is addressed by the cluster IPs of all its families', () => {
  const mesh = meshOf(service('shop/web', { clusterIPs: ['10.9.0.1', 'fd00::9'] }));
  assert.deepEqual(portOf(mesh, 'shop/web/80').addresses, ['10.9.0.1', 'fd00::9']);
  assert.deepEqual(portOf(mesh, 'shop/web/80').headlessAddresses, []);
});

test('a headless service is addressed by its endpoints, on the port that they listen on', () => {
  const mesh = meshOf(
    service('shop/web', { headless: true, ports: [{ port: 80, targetPort: 8080 }] }),
    meshPod('shop/web-1', { ips: ['10.0.0.1'] }),
  );
  assert.deepEqual(portOf(mesh, 'shop/web/80').addresses, []);
  assert.deepEqual(portOf(mesh, 'shop/web/80').headlessAddresses, [{ address: '10.0.0.1', port: 8080 }]);
});

test('of two services with one address the oldest has it, and the other is told', () => {
  const mesh = meshOf(
    service('shop/a', { clusterIPs: ['10.9.0.1', '10.9.0.2'], created: '2024-02-01T00:00:00Z' }),
    service('shop/b', { clusterIPs: ['10.9.0.1'], created: '2024-01-01T00:00:00Z' }),
  );
  assert.deepEqual(portOf(mesh, 'shop/a/80').addresses, ['10.9.0.2']);
  assert.deepEqual(portOf(mesh, 'shop/b/80').addresses, ['10.9.0.1']);
  assert.deepEqual(problemsOf(mesh), ['warning AddressConflict Service/shop/a spec.ports[0]']);
});

test('of two services of one age with one address the first by name has it', () => {
  const mesh = meshOf(service('shop/b', { clusterIPs: ['10.9.0.1'] }), service('shop/a', { clusterIPs: ['10.9.0.1'] }));
  assert.deepEqual(portOf(mesh, 'shop/a/80').addresses, ['10.9.0.1']);
  assert.deepEqual(portOf(mesh, 'shop/b/80').addresses, []);
});

test('one address with different ports, or with TCP and UDP, is no conflict', () => {
  const mesh = meshOf(
    service('shop/a', { clusterIPs: ['10.9.0.1'], ports: [53, { port: 53, protocol: 'UDP' }] }),
    service('shop/b', { clusterIPs: ['10.9.0.1'], ports: [80] }),
  );
  assert.deepEqual(problemsOf(mesh), []);
});

test('two headless services with the same pods do not both claim their addresses', () => {
  const mesh = meshOf(
    service('shop/all', { headless: true, selector: { app: 'web' }, created: '2024-01-01T00:00:00Z' }),
    service('shop/web', { headless: true, created: '2024-02-01T00:00:00Z' }),
    meshPod('shop/web-1', { ips: ['10.0.0.1'] }),
    meshPod('shop/web-2', { ips: ['10.0.0.2'] }),
  );
  assert.equal(portOf(mesh, 'shop/all/80').headlessAddresses.length, 2);
  assert.deepEqual(portOf(mesh, 'shop/web/80').headlessAddresses, []);
  assert.deepEqual(
    mesh.diagnostics.map(({ message }) => message),
    [
      'Traffic to 10.0.0.1 port 80 and 10.0.0.2 port 80 belongs to Service shop/all, which is older or first by name; ' +
        'what is said of this port does not apply to it.',
    ],
  );
});
