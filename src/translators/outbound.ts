/** What a pod's application sends: the way from its sidecar to a service port. */
import { pack } from '../envoy/any.ts';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { type Metadata, TrafficDirection } from '../gen/envoy/config/core/v3/base.ts';
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { Config as SetMetadata } from '../gen/envoy/extensions/filters/http/set_metadata/v3/set_metadata.ts';
import type { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { UdpProxyConfig } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy.ts';
import type { ServicePort, ServicePortKey, SocketAddress } from '../mesh/model.ts';
import { tcpAddress, udpAddress } from './address.ts';
import { chosenEndpoint } from './cluster.ts';
import { ads } from './config-source.ts';
import { httpFilter } from './http.ts';
import { names, partsOf } from './names.ts';
import { originsMetadata, serviceRef } from './origins.ts';
import { closeFilter, discoveredTcpFilter } from './tcp.ts';

/**
 * What the way to a service port depends on. Where requests and connections go from there is not part of it: that is in
 * resources of its own.
 */
export type OutboundShape = Pick<ServicePort, 'key' | 'protocol'>;

export function outboundFilters({ key, protocol }: OutboundShape, clusterDomain: string): Filter[] {
  const name = names.service(key);
  return protocol === 'http' ? [httpTo(key, clusterDomain, [])] : [discoveredTcpFilter(name)];
}

/** The same to the one endpoint of a headless service that the client has chosen itself. */
export function outboundFiltersTo(
  { key, protocol }: OutboundShape,
  clusterDomain: string,
  { address, port }: SocketAddress,
): Filter[] {
  return protocol === 'http'
    ? [httpTo(key, clusterDomain, [choose(chosenEndpoint(key, address))])]
    : [discoveredTcpFilter(names.outbound(address, port))];
}

function httpTo(key: ServicePortKey, clusterDomain: string, httpFilters: HttpFilter[]): Filter {
  const { namespace, service } = partsOf(key);
  const name = names.service(key);
  return httpFilter(`${service}.${namespace}.svc.${clusterDomain}`, {
    statPrefix: name,
    routeSpecifier: { $case: 'rds', value: { configSource: ads, routeConfigName: name } },
    httpFilters,
  });
}

/** The load balancer takes what a request's own metadata say. */
const choose = (endpoint: Metadata): HttpFilter => ({
  name: 'envoy.filters.http.set_metadata',
  configType: {
    $case: 'typedConfig',
    value: pack(SetMetadata, {
      metadata: Object.entries(endpoint.filterMetadata ?? {}).map(([metadataNamespace, value]) => ({
        metadataNamespace,
        value,
      })),
    }),
  },
});

/** A listener whose connections all go to one service port. */
export const outboundListener = (
  address: string,
  localPort: number,
  key: ServicePortKey,
  filters: Filter[],
): Listener => ({
  name: names.outbound(address, localPort),
  address: tcpAddress(address, localPort),
  trafficDirection: TrafficDirection.OUTBOUND,
  filterChains: [{ filters }],
  metadata: originsMetadata([serviceRef(key)]),
});

/** A local port by which the application of an explicit sidecar reaches a service. */
export type Upstream = { readonly localPort: number; readonly port: ServicePortKey } & (
  | { readonly protocol: 'tcp' }
  /** To one destination. */
  | { readonly protocol: 'udp'; readonly to: ServicePortKey }
  /** The identity may not call it. */
  | { readonly protocol: 'closed' }
);

export function upstreamListener(upstream: Upstream): EnvoyResource & { type: 'listener' } {
  const { localPort, port: key } = upstream;
  const message =
    upstream.protocol === 'udp'
      ? outboundUdpListener(localPort, key, upstream.to)
      : outboundListener(loopback, localPort, key, [
          upstream.protocol === 'tcp' ? discoveredTcpFilter(names.service(key)) : closeFilter,
        ]);
  return { type: 'listener', name: message.name ?? '', message, origins: [serviceRef(key)] };
}

const loopback = '127.0.0.1';

/** UDP has no identity and no TLS (rule R41). */
function outboundUdpListener(localPort: number, key: ServicePortKey, to: ServicePortKey): Listener {
  return {
    name: names.outboundUdp(loopback, localPort),
    address: udpAddress(loopback, localPort),
    trafficDirection: TrafficDirection.OUTBOUND,
    udpListenerConfig: {},
    listenerFilters: [
      {
        name: 'envoy.filters.udp_listener.udp_proxy',
        configType: {
          $case: 'typedConfig',
          value: pack(UdpProxyConfig, {
            statPrefix: names.service(key),
            routeSpecifier: { $case: 'cluster', value: names.service(to) },
          }),
        },
      },
    ],
    metadata: originsMetadata([serviceRef(key)]),
  };
}
