/** Outbound traffic as iptables hands it over: where it was going decides. Shared by all transparent sidecars. */
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { type Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster.ts';
import { TrafficDirection } from '../gen/envoy/config/core/v3/base.ts';
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import type { ServicePort } from '../mesh/model.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { noCircuitBreakers } from './cluster.ts';
import { onEveryAddress } from './inbound.ts';
import { names } from './names.ts';
import { originsMetadata, serviceRef } from './origins.ts';
import { type OutboundShape, outboundFilters, outboundFiltersTo, outboundListener } from './outbound.ts';
import { closeFilter, tcpFilter } from './tcp.ts';

type ListenerResource = EnvoyResource & { type: 'listener' };

/**
 * A listener for each address of a service port. None of them has a socket: the listener that has one hands each
 * connection to that of its original destination.
 */
export function transparentListeners(
  port: OutboundShape & Pick<ServicePort, 'addresses' | 'headlessAddresses' | 'number'>,
  clusterDomain: string,
): readonly ListenerResource[] {
  // Intercepting UDP takes a redirection for each address, which nobody sets up yet.
  if (port.protocol === 'udp') return [];
  const filters = outboundFilters(port, clusterDomain);
  return [
    ...port.addresses.map((address) => virtual(outboundListener(address, port.number, port.key, filters))),
    ...port.headlessAddresses.map((endpoint) => {
      const toEndpoint = outboundFiltersTo(port, clusterDomain, endpoint);
      return virtual(outboundListener(endpoint.address, endpoint.port, port.key, toEndpoint));
    }),
  ];

  function virtual(listener: Listener): ListenerResource {
    const message = { ...listener, bindToPort: false };
    return { type: 'listener', name: message.name ?? '', message, origins: [serviceRef(port.key)] };
  }
}

/** The one listener with a socket. What no other listener is for, the mesh does not know. */
export function transparentOutboundListener(
  pod: ObjectRef,
  port: number,
  ipv6: boolean,
  unknown: 'passthrough' | 'block',
): ListenerResource {
  const message: Listener = {
    name: names.outboundListener,
    ...onEveryAddress(port, ipv6),
    trafficDirection: TrafficDirection.OUTBOUND,
    metadata: originsMetadata([pod]),
    useOriginalDst: true,
    // Traffic for the listener's own port would come back to it for ever.
    filterChains: [{ filterChainMatch: { destinationPort: port }, name: 'outbound/loop', filters: [closeFilter] }],
    defaultFilterChain: {
      name: names.passthrough,
      filters: [unknown === 'block' ? closeFilter : tcpFilter(names.passthrough)],
    },
  };
  return { type: 'listener', name: names.outboundListener, message, origins: [pod] };
}

/** Goes where the connection was going. */
export const passthroughCluster: EnvoyResource & { type: 'cluster' } = {
  type: 'cluster',
  name: names.passthrough,
  message: {
    name: names.passthrough,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    circuitBreakers: noCircuitBreakers,
  } satisfies Cluster,
  origins: [],
};
