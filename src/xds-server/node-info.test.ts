import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Node } from '../gen/envoy/config/core/v3/base.ts';
import { decodeNode } from './node-info.ts';

const decode = (node: Node) => decodeNode(Node.encode(node).finish());

test('what is needed of a node is kept, and the rest is skipped', () => {
  assert.deepEqual(
    decode({
      id: 'shop/web-1',
      cluster: 'shop/web',
      metadata: { 'smi-envoy.io': { sidecar: 'transparent' } },
      locality: { zone: 'here' },
      userAgentName: 'envoy',
      userAgentVersionType: {
        $case: 'userAgentBuildVersion',
        value: { version: { majorNumber: 1, minorNumber: 40, patch: 0 }, metadata: { build: 'release' } },
      },
      extensions: Array.from({ length: 500 }, (_, index) => ({ name: `extension ${index}`, category: 'filters' })),
    }),
    {
      ok: true,
      value: {
        id: 'shop/web-1',
        cluster: 'shop/web',
        metadata: { 'smi-envoy.io': { sidecar: 'transparent' } },
        userAgent: 'envoy 1.40.0',
      },
    },
  );
});

test('a version that is a text is kept as it is', () => {
  const node = decode({
    id: 'a',
    userAgentName: 'gRPC',
    userAgentVersionType: { $case: 'userAgentVersion', value: 'x' },
  });
  assert.equal(node.ok && node.value.userAgent, 'gRPC x');
});

for (const [sentence, bytes, error] of [
  ['no node', undefined, 'the first request of a stream must carry a node'],
  ['a node without id', Node.encode({ cluster: 'a' }).finish(), 'node.id is missing'],
  ['a node with an endless id', Node.encode({ id: 'a'.repeat(513) }).finish(), 'node.id is longer than 512 characters'],
  ['bytes that are no node', new Uint8Array([0x0a, 0xff]), /^the node cannot be read: /],
] as const) {
  test(`${sentence} is an error that says so`, () => {
    const node = decodeNode(bytes);
    assert.ok(!node.ok);
    if (typeof error === 'string') assert.equal(node.error, error);
    else assert.match(node.error, error);
  });
}
