/** Where TCP connections go. */
import { pack, typeUrlOf } from '../envoy/any.ts';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import type { Metadata } from '../gen/envoy/config/core/v3/base.ts';
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { Config as DirectResponse } from '../gen/envoy/extensions/filters/network/direct_response/v3/config.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import type { Any } from '../gen/google/protobuf/any.ts';
import type { Destinations, Routing, ServicePortKey } from '../mesh/model.ts';
import { unlimited } from './duration.ts';
import { discoveredFilter } from './extension.ts';
import { names } from './names.ts';
import { serviceRef } from './origins.ts';

/** How often a connection is tried, each time on an endpoint that the load balancer chooses anew. */
const connectAttempts = 3;

const proxy = (statPrefix: string, to: TcpProxy['clusterSpecifier'], endpoint?: Metadata): Any =>
  pack(TcpProxy, {
    statPrefix,
    clusterSpecifier: to,
    metadataMatch: endpoint,
    // An idle database connection is not Envoy's to close.
    idleTimeout: unlimited,
    maxConnectAttempts: connectAttempts,
  });

/** Closes a connection as soon as it is made. */
const close: Any = pack(DirectResponse, {});

/** Sends a connection on to a cluster. */
export const tcpFilter = (cluster: string): Filter => ({
  name: 'envoy.filters.network.tcp_proxy',
  configType: { $case: 'typedConfig', value: proxy(cluster, { $case: 'cluster', value: cluster }) },
});

export const closeFilter: Filter = {
  name: 'envoy.filters.network.direct_response',
  configType: { $case: 'typedConfig', value: close },
};

/**
 * Sends a connection where the resource of this name says (see `tcpDestinations`): it changes without the listener, which
 * would close the connections that it has.
 */
export const discoveredTcpFilter = (name: string): Filter =>
  discoveredFilter(name, [typeUrlOf(TcpProxy), typeUrlOf(DirectResponse)]);

/** To a TCP service port what routes are to one of HTTP. `endpoint`: the one that the client has chosen itself. */
export function tcpDestinations(
  name: string,
  port: { readonly key: ServicePortKey } & Pick<Routing, 'otherwise' | 'origins'>,
  endpoint?: Metadata,
): EnvoyResource & { type: 'extension' } {
  const to = clusters(port.otherwise);
  return {
    type: 'extension',
    name,
    message: { name, typedConfig: to === undefined ? close : proxy(names.service(port.key), to, endpoint) },
    origins: [serviceRef(port.key), ...port.origins],
  };
}

/** One cluster, or several by weight; none, and the connection is closed (rule R14). */
function clusters(to: Destinations): TcpProxy['clusterSpecifier'] {
  const [first] = to;
  if (first === undefined) return undefined;
  return to.length === 1
    ? { $case: 'cluster', value: names.service(first.port) }
    : {
        $case: 'weightedClusters',
        value: { clusters: to.map(({ port, weight }) => ({ name: names.service(port), weight })) },
      };
}
