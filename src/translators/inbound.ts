/** What comes to a pod: one listener, one filter chain for each way to each port, and the way on to the application. */
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { type Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster.ts';
import type { BindConfig } from '../gen/envoy/config/core/v3/address.ts';
import { TrafficDirection } from '../gen/envoy/config/core/v3/base.ts';
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import type { Filter, FilterChain, FilterChainMatch } from '../gen/envoy/config/listener/v3/listener_components.ts';
import type { AccessMode, InboundPort, SidecarInbound } from '../mesh/model.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { discoveredAuditFilter } from './access.ts';
import { tcpAddress } from './address.ts';
import { httpOptions, noCircuitBreakers } from './cluster.ts';
import { seconds } from './duration.ts';
import { inboundHttpFilter, noIdentityHttpFilter } from './inbound-http.ts';
import { listenerFilters } from './listener-filters.ts';
import { names, serverName, transparentServerName } from './names.ts';
import { originsMetadata } from './origins.ts';
import { closeFilter, tcpFilter } from './tcp.ts';
import { downstreamTls } from './tls.ts';

type ListenerResource = EnvoyResource & { type: 'listener' };

/** Where intercepted traffic arrives. The rules that send it there are the injector's. */
export const transparentInboundPort = 15006;

/**
 * Everything about a port that its filter chains depend on. Policies are not among it, nor the services that lead to it:
 * a filter chain that changes closes its connections, sooner or later.
 */
export interface InboundShape {
  readonly number: number;
  readonly protocol: 'http' | 'tcp';
  readonly mode: AccessMode;
}

/** Connections to a transparent sidecar are told apart by where they were going, to an explicit one by server name. */
export function inboundChains(port: InboundShape, sidecar: SidecarInbound['mode']): readonly FilterChain[] {
  // The sidecar's own: what it passed on there would come back to it, for ever.
  if (sidecar === 'transparent' && port.number === transparentInboundPort) return [];
  const name = names.inbound(port.number);
  const plainText = sidecar === 'transparent' ? plainTextFilters(port) : undefined;
  return [
    {
      name,
      filterChainMatch: mutualTls(port, sidecar),
      transportSocket:
        port.protocol === 'http'
          ? downstreamTls(names.trustBundle, ['h2', 'http/1.1'])
          : downstreamTls(names.inboundCallers(port.number), []),
      filters: port.protocol === 'http' ? [inboundHttpFilter(port.number, true)] : tcpFilters(port),
    },
    ...(plainText === undefined
      ? []
      : [
          {
            name: `${name}/plain-text`,
            // Where everybody may come in, what is left may also be the application's own TLS.
            filterChainMatch: {
              destinationPort: port.number,
              ...(port.mode === 'enforce' ? { transportProtocol: 'raw_buffer' } : {}),
            },
            filters: plainText,
          },
        ]),
  ];
}

/** What callers without a certificate get. Nothing, on a TCP port: no chain, and the connection is closed. */
function plainTextFilters(port: InboundShape): Filter[] | undefined {
  switch (port.protocol) {
    case 'http':
      return port.mode === 'enforce'
        ? [noIdentityHttpFilter(names.inbound(port.number))]
        : [inboundHttpFilter(port.number, false)];
    case 'tcp':
      return port.mode === 'enforce' ? undefined : tcpFilters(port);
  }
}

function tcpFilters({ number, mode }: InboundShape): Filter[] {
  const proxy = tcpFilter(names.inbound(number));
  return mode === 'audit' ? [discoveredAuditFilter(number), proxy] : [proxy];
}

const mutualTls = ({ number }: InboundShape, sidecar: SidecarInbound['mode']): FilterChainMatch => ({
  ...(sidecar === 'transparent'
    ? { destinationPort: number, serverNames: [transparentServerName] }
    : { serverNames: [serverName(number)] }),
  transportProtocol: 'tls',
});

/**
 * The inbound listener of a transparent sidecar; none where it would take no connection. `closed`: ports that no Service
 * declares are closed.
 */
export function transparentInboundListener(
  pod: ObjectRef,
  chains: readonly FilterChain[],
  ipv6: boolean,
  closed: boolean,
): ListenerResource | undefined {
  if (closed && chains.length === 0) return undefined;
  return inboundListener(pod, ['original_dst', 'tls_inspector'], {
    ...onEveryAddress(transparentInboundPort, ipv6),
    filterChains: closed ? [...chains] : [...chains, loop],
    ...(closed ? {} : open),
  });
}

/** Traffic for the listener's own port would come back to it for ever. */
const loop: FilterChain = {
  name: 'inbound/loop',
  filterChainMatch: { destinationPort: transparentInboundPort },
  filters: [closeFilter],
};

const open: Listener = {
  defaultFilterChain: {
    name: names.inboundPassthrough,
    filters: [tcpFilter(names.inboundPassthrough)],
  },
  // A server that speaks first waits for this long before its caller is known not to speak TLS.
  listenerFiltersTimeout: seconds(1),
  continueOnListenerFiltersTimeout: true,
};

/** The inbound listener of an explicit sidecar, on its pod's addresses, which a pod that is starting does not have yet. */
export function explicitInboundListener(
  pod: ObjectRef,
  chains: readonly FilterChain[],
  addresses: readonly string[],
  port: number,
  answersHttp: boolean,
): ListenerResource | undefined {
  const [address, ...others] = addresses;
  if (address === undefined || chains.length === 0) return undefined;
  return inboundListener(pod, ['tls_inspector'], {
    address: tcpAddress(address, port),
    additionalAddresses: others.map((other) => ({ address: tcpAddress(other, port) })),
    filterChains: answersHttp ? [...chains, plainText] : [...chains],
  });
}

/** Without TLS nobody knows which port is meant; HTTP clients are told so. */
const plainText: FilterChain = {
  name: 'inbound/plain-text',
  filterChainMatch: { transportProtocol: 'raw_buffer' },
  filters: [noIdentityHttpFilter(names.inboundListener)],
};

const inboundListener = (
  pod: ObjectRef,
  filters: Parameters<typeof listenerFilters>[0],
  listener: Listener,
): ListenerResource => ({
  type: 'listener',
  name: names.inboundListener,
  message: {
    name: names.inboundListener,
    trafficDirection: TrafficDirection.INBOUND,
    listenerFilters: listenerFilters(filters),
    // Sidecars begin with their half of a handshake; who waits to be greeted is none, and is closed.
    listenerFiltersTimeout: seconds(3),
    ...listener,
    metadata: originsMetadata([pod]),
  },
  origins: [pod],
});

/** All addresses of the pod, of the families that it has. */
export const onEveryAddress = (port: number, ipv6: boolean): Pick<Listener, 'address' | 'additionalAddresses'> => ({
  address: tcpAddress('0.0.0.0', port),
  ...(ipv6 ? { additionalAddresses: [{ address: tcpAddress('::', port) }] } : {}),
});

/**
 * The source address of the last step to an intercepted application. By it the rules of interception know that step
 * from what the sidecar sends to its own pod as it would to any other, which must come to its inbound listener.
 */
const lastStep: BindConfig = {
  sourceAddress: { address: '127.0.0.6', portSpecifier: { $case: 'portValue', value: 0 } },
  extraSourceAddresses: [{ address: { address: '::6', portSpecifier: { $case: 'portValue', value: 0 } } }],
};

/** The way to ports that no Service declares, where they are open. */
export const inboundPassthroughCluster: EnvoyResource & { type: 'cluster' } = {
  type: 'cluster',
  name: names.inboundPassthrough,
  message: {
    name: names.inboundPassthrough,
    circuitBreakers: noCircuitBreakers,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    upstreamBindConfig: lastStep,
  },
  origins: [],
};

/**
 * Applications close idle connections on their own clock, after 5 s or 2 s; we must be first, or a request that may not
 * be repeated meets a connection that was closed just now. On this way a new one costs next to nothing.
 */
const applicationIdleSeconds = 1;

/** The way from the sidecar to its application: where the caller was going, or to a fixed address. */
export function inboundCluster(
  port: Pick<InboundPort, 'number' | 'protocol' | 'http2'>,
  appAddress: string | undefined,
): EnvoyResource & { type: 'cluster' } {
  const name = names.inbound(port.number);
  const message: Cluster = {
    name,
    circuitBreakers: noCircuitBreakers,
    ...(appAddress === undefined
      ? {
          clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
          lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
          upstreamBindConfig: lastStep,
        }
      : {
          clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
          loadAssignment: {
            clusterName: name,
            endpoints: [
              {
                lbEndpoints: [
                  {
                    hostIdentifier: { $case: 'endpoint', value: { address: tcpAddress(appAddress, port.number) } },
                  },
                ],
              },
            ],
          },
        }),
  };
  if (port.protocol === 'http')
    message.typedExtensionProtocolOptions = { ...httpOptions(port.http2, applicationIdleSeconds) };
  return { type: 'cluster', name, message, origins: [] };
}
