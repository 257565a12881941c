import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeltaDiscoveryRequest, DiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts';
import { decodeDeltaRequest, decodeSotwRequest } from './request.ts';

test('a state-of-the-world request is read from the wire', () => {
  const { node, ...request } = decodeSotwRequest(
    DiscoveryRequest.encode({
      versionInfo: 'v',
      node: { id: 'n' },
      resourceNames: ['a', 'b'],
      resourceLocators: [{ name: 'skipped' }],
      typeUrl: 't',
      responseNonce: '7',
      errorDetail: { code: 3, message: 'no', details: [{ typeUrl: 'x', value: Buffer.from('skipped') }] },
    }).finish(),
  );
  assert.deepEqual(Buffer.from(node ?? []), Buffer.from([0x0a, 1, 0x6e]));
  assert.deepEqual(request, {
    typeUrl: 't',
    nonce: '7',
    error: 'no',
    asks: { variant: 'sotw', names: ['a', 'b'], versionInfo: 'v' },
  });
});

test('an incremental request is read from the wire', () => {
  const request = decodeDeltaRequest(
    DeltaDiscoveryRequest.encode({
      typeUrl: 't',
      resourceNamesSubscribe: ['a', 'b'],
      resourceNamesUnsubscribe: ['c'],
      initialResourceVersions: { a: '1', b: '2' },
      responseNonce: '7',
      resourceLocatorsSubscribe: [{ name: 'skipped' }],
    }).finish(),
  );
  assert.deepEqual(request, {
    typeUrl: 't',
    nonce: '7',
    error: undefined,
    node: undefined,
    asks: {
      variant: 'delta',
      subscribe: ['a', 'b'],
      unsubscribe: ['c'],
      initialVersions: [
        ['a', '1'],
        ['b', '2'],
      ],
    },
  });
});

test('an error without words is an error all the same', () => {
  assert.equal(decodeDeltaRequest(DeltaDiscoveryRequest.encode({ errorDetail: { code: 3 } }).finish()).error, '');
});
