import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts';
import { Router } from '../gen/envoy/extensions/filters/http/router/v3/router.ts';
import { pack, packedCodec } from './any.ts';

test('what is packed can be opened by its type', () => {
  const { typeUrl = '', value = Buffer.alloc(0) } = pack(Router, { suppressEnvoyHeaders: true });
  assert.equal(typeUrl, 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router');
  assert.deepEqual(packedCodec(typeUrl)?.toJSON(packedCodec(typeUrl)?.decode(value)), { suppress_envoy_headers: true });
});

test('what nobody could open is not packed', () => {
  assert.throws(() => pack(Cluster, {}), /envoy\.config\.cluster\.v3\.Cluster is not in the table/);
});
