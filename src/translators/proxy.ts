/** What is one proxy's own: its listeners, the way to its application, who may use that, and its secrets. */
import type { EnvoyResource, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import type { FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { KeyedMemo, memoizeLast } from '../lib/memo.ts';
import type { AccessMode, InboundPort, SidecarInbound, Workload } from '../mesh/model.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { tcpAudit } from './access.ts';
import {
  explicitInboundListener,
  inboundChains,
  inboundCluster,
  inboundPassthroughCluster,
  transparentInboundListener,
} from './inbound.ts';
import { inboundRoutes } from './inbound-http.ts';
import { inboundUdp } from './inbound-udp.ts';
import type { TranslationOptions } from './options.ts';
import { type Upstream, upstreamListener } from './outbound.ts';
import { explicitOutboundListener } from './outbound-explicit.ts';
import { transparentOutboundListener } from './outbound-transparent.ts';
import { stableResourceSets } from './resource-set.ts';
import { type Credentials, inboundCallers, trustBundle, workloadCertificate } from './secrets.ts';

/** Makes the own resources of one pod's proxy, again and again. What did not change is the same object as before. */
export function createProxyTranslator(
  pod: ObjectRef,
  options: TranslationOptions,
): (workload: Workload, upstreams: readonly Upstream[], credentials: Credentials) => EnvoyResourceSet {
  const resourceSet = stableResourceSets();
  const certificate = memoizeLast(workloadCertificate);
  const bundle = memoizeLast(trustBundle);
  const inboundPorts = new KeyedMemo((_: string) => createInboundPort());
  const inbound = memoizeLast(
    (
      sidecarPort: number | undefined,
      addresses: readonly string[],
      mode: AccessMode,
      answersHttp: boolean,
      chains: readonly FilterChain[],
    ) =>
      sidecarPort === undefined
        ? transparentInboundListener(pod, chains, hasIpv6(addresses), mode === 'enforce')
        : explicitInboundListener(pod, chains, addresses, sidecarPort, answersHttp),
  );
  const outbound = memoizeLast((mode: SidecarInbound['mode'], port: number, ipv6: boolean) =>
    mode === 'transparent'
      ? transparentOutboundListener(pod, port, ipv6, options.outboundTraffic)
      : explicitOutboundListener(pod, port),
  );
  const upstreamListeners = new KeyedMemo((_: string, upstream: Upstream) => upstreamListener(upstream));

  return memoizeLast((workload, upstreams, credentials) => {
    const { sidecar, addresses, mode } = workload;
    const resources: EnvoyResource[] = [
      certificate(credentials),
      bundle(credentials.trustBundle),
      outbound(sidecar.mode, workload.outboundPort, hasIpv6(addresses)),
    ];
    const chains: FilterChain[] = [];
    for (const port of workload.inbound) {
      const made = inboundPorts.get(`${port.number} ${port.protocol}`)(port, workload, credentials.trustBundle);
      resources.push(...made.resources);
      chains.push(...made.chains);
    }
    inboundPorts.sweep();
    const answersHttp = workload.inbound.some(({ protocol }) => protocol === 'http');
    const sidecarPort = sidecar.mode === 'explicit' ? sidecar.port : undefined;
    const listener = inbound(sidecarPort, addresses, mode, answersHttp, chains);
    if (listener !== undefined) resources.push(listener);
    if (sidecar.mode === 'transparent' && mode !== 'enforce') resources.push(inboundPassthroughCluster);
    for (const upstream of upstreams) {
      const transport = upstream.protocol === 'udp' ? 'udp' : 'tcp';
      resources.push(upstreamListeners.get(`${upstream.localPort} ${transport}`, upstream));
    }
    upstreamListeners.sweep();
    return resourceSet([resources]);
  });
}

const hasIpv6 = (addresses: readonly string[]): boolean => addresses.some((address) => address.includes(':'));

interface InboundTranslation {
  readonly chains: readonly FilterChain[];
  readonly resources: readonly EnvoyResource[];
}

/** One inbound port's part. A change of policy, or of the services that lead to it, leaves the chains untouched. */
function createInboundPort(): (port: InboundPort, workload: Workload, bundle: string) => InboundTranslation {
  const chainsOf = memoizeLast(
    (number: number, protocol: 'http' | 'tcp', mode: AccessMode, sidecar: SidecarInbound['mode']) =>
      inboundChains({ number, protocol, mode }, sidecar),
  );
  const cluster = memoizeLast(
    (number: number, protocol: 'http' | 'tcp', http2: boolean, appAddress: string | undefined) =>
      inboundCluster({ number, protocol, http2 }, appAddress),
  );
  const routes = memoizeLast(inboundRoutes);
  const callers = memoizeLast(inboundCallers);
  const audit = memoizeLast(tcpAudit);
  const udp = memoizeLast(inboundUdp);

  return ({ number, protocol, http2, access, origins }, { sidecar, addresses, appAddress }, bundle) => {
    if (protocol === 'udp') return { chains: [], resources: udp(number, access, origins, addresses, appAddress) };
    return {
      chains: chainsOf(number, protocol, access.mode, sidecar.mode),
      resources: [
        cluster(number, protocol, http2, appAddress),
        protocol === 'http' ? routes(number, access, origins) : callers(number, access, bundle, origins),
        ...(protocol === 'tcp' && access.mode === 'audit' ? [audit(number, access, origins)] : []),
      ],
    };
  };
}
