/** What an Envoy must be started with to become the sidecar of a workload: who it is, and where everything else comes from. */
import { pack } from '../envoy/any.ts';
import { printMessage } from '../envoy/print.ts';
import { Bootstrap } from '../gen/envoy/config/bootstrap/v3/bootstrap.ts';
import { Cluster_DiscoveryType } from '../gen/envoy/config/cluster/v3/cluster.ts';
import { ApiConfigSource_ApiType, ApiVersion } from '../gen/envoy/config/core/v3/config_source.ts';
import { HttpProtocolOptions } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts';
import type { SidecarInbound } from '../mesh/model.ts';
import { tcpAddress } from './address.ts';
import { ads } from './config-source.ts';
import { milliseconds, seconds } from './duration.ts';
import { maxHeadersKilobytes } from './http.ts';
import { names } from './names.ts';

export interface BootstrapOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly serviceAccount: string;
  /** Must be what the pod's annotation says. */
  readonly sidecar: SidecarInbound['mode'];
  /** The xDS server: a DNS name or an address, and its gRPC port. */
  readonly server: { readonly host: string; readonly port: number };
  /** Of Envoy's admin interface, on loopback. */
  readonly adminPort: number;
}

/** The node's metadata, by which the xDS server knows what kind of sidecar it serves. */
export const nodeMetadata = (sidecar: SidecarInbound['mode']): { readonly [key: string]: unknown } => ({
  'smi-envoy.io': { sidecar },
});

export function bootstrap(options: BootstrapOptions): Bootstrap {
  const { namespace, pod, serviceAccount, sidecar, server, adminPort } = options;
  return {
    node: {
      id: `${namespace}/${pod}`,
      cluster: `${namespace}/${serviceAccount}`,
      metadata: { ...nodeMetadata(sidecar) },
    },
    admin: { address: tcpAddress('127.0.0.1', adminPort) },
    dynamicResources: {
      adsConfig: {
        apiType: ApiConfigSource_ApiType.DELTA_GRPC,
        transportApiVersion: ApiVersion.V3,
        setNodeOnFirstMessageOnly: true,
        grpcServices: [
          {
            targetSpecifier: {
              $case: 'envoyGrpc',
              value: {
                clusterName: names.managementServer,
                // A restarted server has its proxies back soon, but not all in the same instant: Envoy jitters.
                retryPolicy: { retryBackOff: { baseInterval: milliseconds(200), maxInterval: seconds(5) } },
              },
            },
          },
        ],
      },
      ldsConfig: ads,
      cdsConfig: ads,
    },
    staticResources: {
      clusters: [
        {
          name: names.managementServer,
          clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STRICT_DNS },
          connectTimeout: seconds(2),
          loadAssignment: {
            clusterName: names.managementServer,
            endpoints: [
              {
                lbEndpoints: [
                  { hostIdentifier: { $case: 'endpoint', value: { address: tcpAddress(server.host, server.port) } } },
                ],
              },
            ],
          },
          typedExtensionProtocolOptions: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': pack(HttpProtocolOptions, {
              upstreamProtocolOptions: {
                $case: 'explicitHttpConfig',
                value: {
                  protocolConfig: {
                    $case: 'http2ProtocolOptions',
                    // A server that has vanished without a word is noticed.
                    value: { connectionKeepalive: { interval: seconds(30), timeout: seconds(5) } },
                  },
                },
              },
            }),
          },
          upstreamConnectionOptions: { tcpKeepalive: { keepaliveTime: 30, keepaliveInterval: 5, keepaliveProbes: 3 } },
        },
      ],
    },
    layeredRuntime: {
      layers: [
        {
          name: 'smi-envoy',
          layerSpecifier: {
            $case: 'staticLayer',
            value: {
              // People's regular expressions are checked before they come here; Envoy's default refuses modest ones.
              re2: { max_program_size: { error_level: regexProgramSize } },
              // Of requests, connection managers say it themselves.
              envoy: { reloadable_features: { max_response_headers_size_kb: maxHeadersKilobytes } },
            },
          },
        },
      ],
    },
  };
}

/** The same as a plain JSON value, as Envoy reads it from a file. */
export const printBootstrap = (options: BootstrapOptions): unknown => printMessage(Bootstrap, bootstrap(options));

/** No program of RE2 is larger: what it allows to be compiled at all is less. */
const regexProgramSize = 1_000_000;
