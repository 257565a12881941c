import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts';
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { pack } from './any.ts';
import type { EnvoyResource } from './envoy-resource.ts';
import { validateResource } from './validate.ts';

// What Envoy itself thinks of many more: conformance/envoy/validation.test.ts.

const cluster = (message: Cluster): EnvoyResource => ({ type: 'cluster', name: 'a', message, origins: [] });

test('a resource that follows the rules has no violations', () => {
  assert.deepEqual(validateResource(cluster({ name: 'a' })), []);
});

test('a violation says where and why', () => {
  assert.deepEqual(
    validateResource(cluster({ name: 'a', connectTimeout: { seconds: 0 }, dnsRefreshRate: { nanos: -1 } })),
    [
      { path: 'connect_timeout', reason: 'must be more than 0s' },
      { path: 'dns_refresh_rate', reason: 'must be more than 0.001s' },
      { path: 'dns_refresh_rate', reason: 'must not be negative' },
    ],
  );
});

test('an enum value that does not exist is found', () => {
  assert.deepEqual(validateResource(cluster({ name: 'a', dnsLookupFamily: 99 as never })), [
    { path: 'dns_lookup_family', reason: 'must be one of the defined values' },
  ]);
});

test('a message under another name than its resource is found', () => {
  assert.deepEqual(validateResource(cluster({ name: 'b' })), [{ path: 'name', reason: 'is b, but the resource is a' }]);
});

test('what is wrong inside an Any is found at every place that shares it', () => {
  const value = pack(HttpConnectionManager, { statPrefix: '', routeSpecifier: { $case: 'routeConfig', value: {} } });
  const filters = [{ name: 'http', configType: { $case: 'typedConfig', value } as const }];
  const resource: EnvoyResource = {
    type: 'listener',
    name: 'a',
    message: {
      name: 'a',
      address: {
        address: {
          $case: 'socketAddress',
          value: { address: '::', portSpecifier: { $case: 'portValue', value: 80 } },
        },
      },
      filterChains: [{ filterChainMatch: { destinationPort: 1 }, filters }, { filters }],
    },
    origins: [],
  };
  const expected = [0, 1].map((chain) => ({
    path: `filter_chains[${chain}].filters[0].typed_config.stat_prefix`,
    reason: 'must have at least 1 character',
  }));
  assert.deepEqual(validateResource(resource), expected);
  assert.deepEqual(validateResource(resource), expected);
});
