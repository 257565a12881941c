import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printBootstrap } from './bootstrap.ts';

test('a bootstrap says who the proxy is and where its configuration comes from', () => {
  const bootstrap = printBootstrap({
    namespace: 'shop',
    pod: 'web-1',
    serviceAccount: 'web',
    sidecar: 'explicit',
    server: { host: 'smi-envoy.smi-envoy', port: 18000 },
    adminPort: 15000,
  });
  const ads = { ads: {}, resource_api_version: 'V3' };
  assert.deepEqual(bootstrap, {
    node: { id: 'shop/web-1', cluster: 'shop/web', metadata: { 'smi-envoy.io': { sidecar: 'explicit' } } },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 15000 } } },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: 'smi-envoy',
              retry_policy: { retry_back_off: { base_interval: '0.2s', max_interval: '5s' } },
            },
          },
        ],
      },
      lds_config: ads,
      cds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: 'smi-envoy',
          type: 'STRICT_DNS',
          connect_timeout: '2s',
          load_assignment: {
            cluster_name: 'smi-envoy',
            endpoints: [
              {
                lb_endpoints: [
                  {
                    endpoint: { address: { socket_address: { address: 'smi-envoy.smi-envoy', port_value: 18000 } } },
                  },
                ],
              },
            ],
          },
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: {
                http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
              },
            },
          },
          upstream_connection_options: {
            tcp_keepalive: { keepalive_time: 30, keepalive_interval: 5, keepalive_probes: 3 },
          },
        },
      ],
    },
    layered_runtime: {
      layers: [
        {
          name: 'smi-envoy',
          static_layer: {
            re2: { max_program_size: { error_level: 1_000_000 } },
            envoy: { reloadable_features: { max_response_headers_size_kb: 256 } },
          },
        },
      ],
    },
  });
});
