import { pack } from '../envoy/any.ts';
import type { Metadata } from '../gen/envoy/config/core/v3/base.ts';
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { Config as DirectResponse } from '../gen/envoy/extensions/filters/network/direct_response/v3/config.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import type { Destinations } from '../mesh/model.ts';
import { unlimited } from './duration.ts';
import { names } from './names.ts';

/** How often a connection is tried, each time on an endpoint that the load balancer chooses anew. */
const connectAttempts = 3;

/** Sends a connection on to a cluster, or to one of several by weight; closes it when there is none (rule R14). */
export function tcpFilter(statPrefix: string, to: string | Destinations, endpoint?: Metadata): Filter {
  if (to.length === 0) return closeFilter;
  const [first] = to;
  const only = typeof first === 'object' && to.length === 1 ? names.service(first.port) : to;
  const clusterSpecifier: TcpProxy['clusterSpecifier'] =
    typeof only === 'string'
      ? { $case: 'cluster', value: only }
      : {
          $case: 'weightedClusters',
          value: { clusters: only.map(({ port, weight }) => ({ name: names.service(port), weight })) },
        };
  const proxy: TcpProxy = {
    statPrefix,
    clusterSpecifier,
    metadataMatch: endpoint,
    // An idle database connection is not Envoy's to close.
    idleTimeout: unlimited,
    maxConnectAttempts: connectAttempts,
  };
  return {
    name: 'envoy.filters.network.tcp_proxy',
    configType: { $case: 'typedConfig', value: pack(TcpProxy, proxy) },
  };
}

/** Closes a connection as soon as it is made. */
export const closeFilter: Filter = {
  name: 'envoy.filters.network.direct_response',
  configType: { $case: 'typedConfig', value: pack(DirectResponse, {}) },
};
