import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import { pack } from './any.ts';
import { printMessage, printResource } from './print.ts';

test('a message is printed as Envoy reads it: its own field names, durations in seconds, what is packed with its type', () => {
  const proxy: TcpProxy = {
    statPrefix: 'db',
    clusterSpecifier: { $case: 'cluster', value: 'shop/db/5432' },
    idleTimeout: { seconds: 0, nanos: 0 },
    downstreamIdleTimeout: { seconds: 1, nanos: 500_000_000 },
    maxConnectAttempts: 3,
  };
  const listener: Listener = {
    name: 'outbound',
    bindToPort: false,
    filterChains: [{ filters: [{ name: 'tcp', configType: { $case: 'typedConfig', value: pack(TcpProxy, proxy) } }] }],
    metadata: { filterMetadata: { 'smi-envoy.io': { origins: ['Service/shop/db'] } } },
  };
  assert.deepEqual(printMessage(Listener, listener), {
    name: 'outbound',
    bind_to_port: false,
    filter_chains: [
      {
        filters: [
          {
            name: 'tcp',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
              stat_prefix: 'db',
              cluster: 'shop/db/5432',
              idle_timeout: '0s',
              downstream_idle_timeout: '1.5s',
              max_connect_attempts: 3,
            },
          },
        ],
      },
    ],
    metadata: { filter_metadata: { 'smi-envoy.io': { origins: ['Service/shop/db'] } } },
  });
});

test('what is packed in a type that is not known here stays as it is', () => {
  const unknown = { typeUrl: 'type.googleapis.com/example.Unknown', value: Buffer.from('x') };
  const listener: Listener = { listenerFilters: [{ name: 'x', configType: { $case: 'typedConfig', value: unknown } }] };
  assert.deepEqual(printMessage(Listener, listener), {
    listener_filters: [{ name: 'x', typed_config: { type_url: unknown.typeUrl, value: 'eA==' } }],
  });
});

test('a private key is not printed', () => {
  const printed = printResource({
    type: 'secret',
    name: 'workload-certificate',
    message: {
      name: 'workload-certificate',
      type: {
        $case: 'tlsCertificate',
        value: {
          certificateChain: { specifier: { $case: 'inlineString', value: 'chain' } },
          privateKey: { specifier: { $case: 'inlineString', value: 'key' } },
        },
      },
    },
    origins: [],
  });
  assert.deepEqual(printed, {
    name: 'workload-certificate',
    tls_certificate: { certificate_chain: { inline_string: 'chain' }, private_key: { inline_string: '[redacted]' } },
  });
});
