import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, isLoopback, parseAddress } from './address.ts';

test('an address is a host and a port', () => {
  const cases: readonly (readonly [string, string, number, boolean])[] = [
    ['127.0.0.1:18000', '127.0.0.1', 18000, true],
    ['[::1]:0', '::1', 0, true],
    ['localhost:80', 'localhost', 80, true],
    ['10.0.0.1:443', '10.0.0.1', 443, false],
    [':15080', '::', 15080, false],
    ['smi-envoy.mesh.svc:18000', 'smi-envoy.mesh.svc', 18000, false],
  ];
  for (const [text, host, port, loopback] of cases) {
    assert.deepEqual(parseAddress(text), { ok: true, value: { host, port } });
    assert.equal(isLoopback({ host, port }), loopback, text);
  }
  assert.equal(formatAddress({ host: '::1', port: 80 }), '[::1]:80');
  assert.equal(formatAddress({ host: 'localhost', port: 80 }), 'localhost:80');
});

test('what is no address is refused', () => {
  for (const text of ['', '127.0.0.1', '::1:80', '127.0.0.1:', '127.0.0.1:65536', 'a b:80', 'http://a:80', ':x']) {
    assert.equal(parseAddress(text).ok, false, text);
  }
});
