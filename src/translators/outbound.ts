/** What a pod's application sends: the way from its sidecar to a service port. */
import { pack } from '../envoy/any.ts';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { type Metadata, TrafficDirection } from '../gen/envoy/config/core/v3/base.ts';
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { Config as SetMetadata } from '../gen/envoy/extensions/filters/http/set_metadata/v3/set_metadata.ts';
import type { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { UdpProxyConfig } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy.ts';
import type { Routing, ServicePort } from '../mesh/model.ts';
import { tcpAddress, udpAddress } from './address.ts';
import { ads } from './config-source.ts';
import { httpFilter } from './http.ts';
import { names, partsOf } from './names.ts';
import { originsMetadata, serviceRef } from './origins.ts';
import { tcpFilter } from './tcp.ts';

/** What the way to a service port depends on. `otherwise` counts for TCP and UDP: HTTP has routes for it. */
export type OutboundShape = Pick<ServicePort, 'key' | 'protocol'> & Pick<Routing, 'otherwise'>;

/** `endpoint`: the one that the client has chosen itself, of a headless service. */
export function outboundFilters(port: OutboundShape, clusterDomain: string, endpoint?: Metadata): Filter[] {
  const name = names.service(port.key);
  if (port.protocol !== 'http') return [tcpFilter(name, port.otherwise, endpoint)];
  const { namespace, service } = partsOf(port.key);
  return [
    httpFilter(`${service}.${namespace}.svc.${clusterDomain}`, {
      statPrefix: name,
      routeSpecifier: { $case: 'rds', value: { configSource: ads, routeConfigName: name } },
      httpFilters: endpoint === undefined ? [] : [choose(endpoint)],
    }),
  ];
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
  port: OutboundShape,
  filters: Filter[],
): Listener => ({
  name: names.outbound(address, localPort),
  address: tcpAddress(address, localPort),
  trafficDirection: TrafficDirection.OUTBOUND,
  filterChains: [{ filters }],
  metadata: originsMetadata([serviceRef(port.key)]),
});

/** The local port by which the application of an explicit sidecar reaches a TCP or UDP service. */
export function upstreamListener(
  localPort: number,
  port: OutboundShape,
  clusterDomain: string,
): EnvoyResource & { type: 'listener' } {
  const message =
    port.protocol === 'udp'
      ? outboundUdpListener('127.0.0.1', localPort, port)
      : outboundListener('127.0.0.1', localPort, port, outboundFilters(port, clusterDomain));
  return { type: 'listener', name: message.name ?? '', message, origins: [serviceRef(port.key)] };
}

/** UDP has no identity and no TLS; its datagrams go to one destination, the heaviest of a split (rule R41). */
function outboundUdpListener(address: string, localPort: number, port: OutboundShape): Listener {
  const [destination] = [...port.otherwise].sort((a, b) => b.weight - a.weight);
  return {
    name: names.outboundUdp(address, localPort),
    address: udpAddress(address, localPort),
    trafficDirection: TrafficDirection.OUTBOUND,
    udpListenerConfig: {},
    listenerFilters: [
      {
        name: 'envoy.filters.udp_listener.udp_proxy',
        configType: {
          $case: 'typedConfig',
          value: pack(UdpProxyConfig, {
            statPrefix: names.service(port.key),
            routeSpecifier: { $case: 'cluster', value: names.service(destination?.port ?? port.key) },
          }),
        },
      },
    ],
    metadata: originsMetadata([serviceRef(port.key)]),
  };
}
