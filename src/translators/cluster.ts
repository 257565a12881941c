/** The cluster of a service port, the same for every proxy. It depends on no policy or split. */
import { pack } from '../envoy/any.ts';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import type { CircuitBreakers } from '../gen/envoy/config/cluster/v3/circuit_breaker.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  Cluster_LbSubsetConfig_LbSubsetFallbackPolicy,
  Cluster_LbSubsetConfig_LbSubsetSelector_LbSubsetSelectorFallbackPolicy as SelectorFallbackPolicy,
} from '../gen/envoy/config/cluster/v3/cluster.ts';
import type { Metadata } from '../gen/envoy/config/core/v3/base.ts';
import { HttpProtocolOptions } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts';
import type { Any } from '../gen/google/protobuf/any.ts';
import { sortedUnique } from '../lib/order.ts';
import type { Endpoint, ServicePort, ServicePortKey } from '../mesh/model.ts';
import { ads } from './config-source.ts';
import { seconds } from './duration.ts';
import { http1, http2, maxHeadersCount } from './http.ts';
import { names, serverName, transparentServerName } from './names.ts';
import { originsMetadata, serviceRef } from './origins.ts';
import { upstreamTls } from './tls.ts';

const noLimit = 0xffff_ffff;

/** SMI has no word for limits, so there are none; Envoy's default of 3 retries at a time would lose requests. */
export const noCircuitBreakers: CircuitBreakers = {
  thresholds: [{ maxConnections: noLimit, maxPendingRequests: noLimit, maxRequests: noLimit, maxRetries: noLimit }],
};

/**
 * Requests go on as they came, HTTP/1.1 or HTTP/2, unless the port was declared to be HTTP/2. `idleSeconds` is how long
 * an unused connection is kept: shorter than the other end keeps it, or requests meet connections just closed.
 */
export function httpOptions(declaredHttp2: boolean, idleSeconds?: number): { readonly [key: string]: Any } {
  const options: HttpProtocolOptions = {
    commonHttpProtocolOptions: {
      maxHeadersCount,
      idleTimeout: idleSeconds === undefined ? undefined : seconds(idleSeconds),
    },
    upstreamProtocolOptions: declaredHttp2
      ? {
          $case: 'explicitHttpConfig',
          value: { protocolConfig: { $case: 'http2ProtocolOptions', value: http2 } },
        }
      : {
          $case: 'useDownstreamProtocolConfig',
          value: { httpProtocolOptions: http1, http2ProtocolOptions: http2 },
        },
  };
  return { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': pack(HttpProtocolOptions, options) };
}

/**
 * By which an endpoint and the TLS settings to dial its sidecar with find each other; `undefined` is plain text.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto
 */
export function sidecarTraits({ sidecar, port }: Endpoint): { readonly sidecar: string } | undefined {
  switch (sidecar?.mode) {
    case undefined:
      return undefined;
    case 'transparent':
      return { sidecar: 'transparent' };
    case 'explicit':
      return { sidecar: serverName(port) };
  }
}

/** The server names to ask explicit sidecars for: one for each number that a service is served on. Mostly none. */
export const serverNames = (endpoints: readonly Endpoint[]): readonly string[] =>
  sortedUnique(endpoints.flatMap(({ sidecar, port }) => (sidecar?.mode === 'explicit' ? [serverName(port)] : [])));

/** Chooses one endpoint of a headless service by its address. The key is the service's own: others ignore it. */
export const chosenEndpoint = (key: ServicePortKey, address: string): Metadata => ({
  filterMetadata: { 'envoy.lb': { [key]: address } },
});

/** `chosenByClient`: clients of the (headless) service choose endpoints themselves. `explicit`: see `serverNames`. */
export function serviceCluster(
  port: Pick<ServicePort, 'key' | 'protocol' | 'http2' | 'servers'>,
  chosenByClient: boolean,
  explicit: readonly string[],
): EnvoyResource & { type: 'cluster' } {
  const name = names.service(port.key);
  const service = serviceRef(port.key);
  const message: Cluster = {
    name,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ads },
    lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
    // Endpoints that are draining get nothing new, even when they are many.
    commonLbConfig: { healthyPanicThreshold: { value: 0 } },
    circuitBreakers: noCircuitBreakers,
    metadata: originsMetadata([service]),
  };
  if (port.protocol === 'http') message.typedExtensionProtocolOptions = { ...httpOptions(port.http2) };
  if (port.protocol !== 'udp' && port.servers.length > 0) {
    message.transportSocketMatches = [
      {
        name: 'transparent',
        match: { sidecar: 'transparent' },
        transportSocket: upstreamTls(port.servers, transparentServerName),
      },
      ...explicit.map((sni) => ({
        name: sni,
        match: { sidecar: sni },
        transportSocket: upstreamTls(port.servers, sni),
      })),
    ];
  }
  if (chosenByClient) {
    message.lbSubsetConfig = {
      fallbackPolicy: Cluster_LbSubsetConfig_LbSubsetFallbackPolicy.ANY_ENDPOINT,
      subsetSelectors: [{ keys: [port.key], fallbackPolicy: SelectorFallbackPolicy.NO_FALLBACK }],
    };
  }
  return { type: 'cluster', name, message, origins: [service] };
}
