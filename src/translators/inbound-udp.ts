/**
 * UDP at the destination: without TLS there is no identity, only the address a datagram comes from (rule R41). Explicit
 * sidecars listen on the application's port at the pod's addresses, the application on its own address.
 */
import { pack } from '../envoy/any.ts';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { Cluster_DiscoveryType } from '../gen/envoy/config/cluster/v3/cluster.ts';
import { TrafficDirection } from '../gen/envoy/config/core/v3/base.ts';
import { Route } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/route.ts';
import { UdpProxyConfig } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy.ts';
import { SourceIPInput } from '../gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs.ts';
import type { Matcher_OnMatch } from '../gen/xds/type/matcher/v3/matcher.ts';
import { sortedUnique } from '../lib/order.ts';
import type { Access } from '../mesh/model.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { udpAddress } from './address.ts';
import { names } from './names.ts';
import { originsMetadata } from './origins.ts';

/** Nothing where nobody may send, or where sidecar and application would need the same socket. */
export function inboundUdp(
  number: number,
  access: Access,
  services: readonly ObjectRef[],
  addresses: readonly string[],
  appAddress: string | undefined,
): readonly EnvoyResource[] {
  if (appAddress === undefined || addresses.includes(appAddress)) return [];
  const name = names.inboundUdp(number);
  const routeSpecifier = senders(access, name);
  const [address, ...others] = addresses;
  if (routeSpecifier === undefined || address === undefined) return [];
  const origins = [...services, ...access.grants.map(({ origin }) => origin)];
  return [
    {
      type: 'cluster',
      name,
      message: {
        name,
        clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
        loadAssignment: {
          clusterName: name,
          endpoints: [
            {
              lbEndpoints: [
                { hostIdentifier: { $case: 'endpoint', value: { address: udpAddress(appAddress, number) } } },
              ],
            },
          ],
        },
      },
      origins,
    },
    {
      type: 'listener',
      name,
      message: {
        name,
        address: udpAddress(address, number),
        additionalAddresses: others.map((other) => ({ address: udpAddress(other, number) })),
        trafficDirection: TrafficDirection.INBOUND,
        udpListenerConfig: {},
        listenerFilters: [
          {
            name: 'envoy.filters.udp_listener.udp_proxy',
            configType: { $case: 'typedConfig', value: pack(UdpProxyConfig, { statPrefix: name, routeSpecifier }) },
          },
        ],
        metadata: originsMetadata(origins),
      },
      origins,
    },
  ];
}

/** Whose datagrams go to the application. Those of others match nothing and are dropped. */
function senders({ mode, grants }: Access, cluster: string): NonNullable<UdpProxyConfig['routeSpecifier']> | undefined {
  const forward: Matcher_OnMatch = {
    onMatch: { $case: 'action', value: { name: 'route', typedConfig: pack(Route, { cluster }) } },
  };
  if (mode !== 'enforce') return { $case: 'matcher', value: { onNoMatch: forward } };
  const allowed = sortedUnique(grants.flatMap((grant) => grant.callerAddresses));
  if (allowed.length === 0) return undefined;
  return {
    $case: 'matcher',
    value: {
      matcherType: {
        $case: 'matcherTree',
        value: {
          input: { name: 'envoy.matching.inputs.source_ip', typedConfig: pack(SourceIPInput, {}) },
          treeType: {
            $case: 'exactMatchMap',
            value: { map: Object.fromEntries(allowed.map((address) => [address, forward])) },
          },
        },
      },
    },
  };
}
