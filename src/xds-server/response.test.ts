import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeltaDiscoveryResponse, DiscoveryResponse } from '../gen/envoy/service/discovery/v3/discovery.ts';
import type { Resource, Version } from '../snapshot/resource.ts';
import { cluster } from '../testing/resources.ts';
import { prefixLength } from './frame.ts';
import type { Reply } from './respond.ts';
import { hashOfVersions, ResponseAssembler } from './response.ts';

const reply = (resources: readonly Resource[], removed: readonly string[] = []): Reply => ({
  resources,
  removed,
  batch: { ids: resources.map((_, id) => id), resources },
});
const typeUrl = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
/** One whose lengths need one, two and three bytes to be said. */
const sized = (bytes: number): Resource => ({ ...cluster(`ü-${bytes}`), bytes: new Uint8Array(bytes).fill(7) });

describe('the bytes of a response', () => {
  const resources = [sized(0), sized(3), sized(127), sized(128), sized(16_384), sized(2_097_152)];

  test('are a DeltaDiscoveryResponse', () => {
    const assembler = new ResponseAssembler(hashOfVersions, 0);
    const { frame, nonce } = assembler.assemble('delta', 'cluster', reply(resources, ['gone', 'lost']), undefined);
    const { systemVersionInfo, controlPlane, ...message } = DeltaDiscoveryResponse.decode(frame.subarray(prefixLength));
    assert.deepEqual([systemVersionInfo, controlPlane], ['', undefined]);
    assert.equal(message.nonce, nonce);
    assert.equal(message.typeUrl, typeUrl);
    assert.deepEqual(message.removedResources, ['gone', 'lost']);
    assert.deepEqual(
      message.resources?.map(({ name, version, resource }) => [
        name,
        version,
        resource?.typeUrl,
        resource?.value?.length,
      ]),
      resources.map(({ name, version, bytes }) => [name, version, typeUrl, bytes.length]),
    );
  });

  test('are a DiscoveryResponse', () => {
    const assembler = new ResponseAssembler(() => 'the version', 0);
    const { frame, nonce } = assembler.assemble('sotw', 'cluster', reply(resources), undefined);
    const message = DiscoveryResponse.decode(frame.subarray(prefixLength));
    assert.deepEqual([message.nonce, message.typeUrl, message.versionInfo], [nonce, typeUrl, 'the version']);
    assert.deepEqual(
      message.resources?.map((any) => [any.typeUrl, any.value?.length]),
      resources.map(({ bytes }) => [typeUrl, bytes.length]),
    );
  });
});

describe('responses with the same content', () => {
  const [a, b, c] = [cluster('a'), cluster('b'), cluster('c')];

  test('are assembled once', () => {
    const assembler = new ResponseAssembler(hashOfVersions, 10_000);
    const first = assembler.assemble('delta', 'cluster', reply([a, b, c]), undefined);
    const second = assembler.assemble('delta', 'cluster', reply([a, b, c]), 'another');
    assert.equal(second.frame, first.frame);
    assert.equal(assembler.assembled, 1);
  });

  test('have another nonce where the stream was given it last', () => {
    const assembler = new ResponseAssembler(hashOfVersions, 10_000);
    const first = assembler.assemble('delta', 'cluster', reply([a]), undefined);
    const second = assembler.assemble('delta', 'cluster', reply([a]), first.nonce);
    assert.notEqual(second.nonce, first.nonce);
    // From now on it is the newer that is shared.
    assert.equal(assembler.assemble('delta', 'cluster', reply([a]), first.nonce).frame, second.frame);
  });

  test('are told from those that differ in the middle, in what is removed, or in the variant', () => {
    const assembler = new ResponseAssembler(hashOfVersions, 10_000);
    const resources = [a, b, c, cluster('d'), cluster('e')];
    const other = [a, cluster('b', 2), c, cluster('d'), cluster('e')];
    const frames = [
      assembler.assemble('delta', 'cluster', reply(resources), undefined),
      assembler.assemble('delta', 'cluster', reply(other), undefined),
      assembler.assemble('delta', 'cluster', reply(resources, ['x']), undefined),
      assembler.assemble('sotw', 'cluster', reply(resources), undefined),
    ].map(({ frame }) => frame);
    assert.equal(new Set(frames).size, 4);
  });

  test('are forgotten when others took their room', () => {
    const assembler = new ResponseAssembler(hashOfVersions, 1_000);
    const first = assembler.assemble('delta', 'cluster', reply([sized(400)]), undefined);
    assembler.assemble('delta', 'cluster', reply([sized(401)]), undefined);
    assembler.assemble('delta', 'cluster', reply([sized(402)]), undefined);
    assert.notEqual(
      assembler.assemble('delta', 'cluster', reply([first.resources[0] ?? a]), undefined).frame,
      first.frame,
    );
  });
});

test('the version of a state depends on its names and versions, not on their order', () => {
  const of = (...entries: readonly (readonly [string, string])[]) =>
    hashOfVersions(
      'cluster',
      entries.map(([name, version]) => ({ ...cluster(name), version: version as Version })),
    );
  assert.equal(of(['a', '1'], ['b', '2']), of(['b', '2'], ['a', '1']));
  assert.notEqual(of(['a', '1'], ['b', '2']), of(['a', '2'], ['b', '1']));
  assert.notEqual(of(['a', '1']), of());
});
