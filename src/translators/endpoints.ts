import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { HealthStatus } from '../gen/envoy/config/core/v3/health_check.ts';
import type { LbEndpoint } from '../gen/envoy/config/endpoint/v3/endpoint_components.ts';
import type { Endpoint, ServicePort } from '../mesh/model.ts';
import { tcpAddress, udpAddress } from './address.ts';
import { chosenEndpoint, sidecarTraits } from './cluster.ts';
import { names } from './names.ts';
import { originsMetadata, serviceRef } from './origins.ts';

/** The endpoints of a service port, the same for every proxy. */
export function serviceEndpoints(
  port: Pick<ServicePort, 'key' | 'protocol' | 'endpoints'>,
  chosenByClient: boolean,
): EnvoyResource & { type: 'endpoint' } {
  const name = names.service(port.key);
  const service = serviceRef(port.key);
  // As kube-proxy does: when all are on their way out, they are still better than nothing.
  // https://kubernetes.io/docs/concepts/services-networking/service/#traffic-distribution (KEP-1669)
  const allDraining = port.endpoints.every(({ health }) => health === 'draining');
  const lbEndpoint = (endpoint: Endpoint): LbEndpoint => {
    const traits = sidecarTraits(endpoint);
    const filterMetadata = {
      ...(chosenByClient ? chosenEndpoint(port.key, endpoint.address).filterMetadata : {}),
      ...(traits === undefined || port.protocol === 'udp' ? {} : { 'envoy.transport_socket_match': traits }),
    };
    return {
      hostIdentifier: { $case: 'endpoint', value: { address: addressOf(endpoint, port.protocol) } },
      healthStatus: endpoint.health === 'draining' && !allDraining ? HealthStatus.DRAINING : HealthStatus.HEALTHY,
      metadata: Object.keys(filterMetadata).length === 0 ? undefined : { filterMetadata },
    };
  };
  return {
    type: 'endpoint',
    name,
    message: {
      clusterName: name,
      endpoints:
        port.endpoints.length === 0
          ? []
          : [{ lbEndpoints: port.endpoints.map(lbEndpoint), metadata: originsMetadata([service]) }],
    },
    origins: [service],
  };
}

function addressOf({ address, port, sidecar }: Endpoint, protocol: ServicePort['protocol']) {
  if (protocol === 'udp') return udpAddress(address, port);
  return tcpAddress(address, sidecar?.mode === 'explicit' ? sidecar.port : port);
}
