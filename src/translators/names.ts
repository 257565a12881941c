/**
 * The only place where Envoy resources get their names. What belongs to a service port is named by its key
 * (`<namespace>/<service>/<port>`, or `…/udp`), in every proxy alike; what belongs to the proxy itself begins with `inbound` or
 * `outbound`. The two never meet: a key's third part is a number, and no name below has one there.
 */
import { formatAddress } from '../lib/address.ts';
import type { ServicePortKey } from '../mesh/model.ts';

export const names = {
  /** The cluster, endpoints and routes of a service port, which clients of it have. */
  service: (key: ServicePortKey): string => key,

  inboundListener: 'inbound',
  /** The cluster and routes of a port that the proxy's own application serves. */
  inbound: (port: number): string => `inbound/${port}`,
  inboundUdp: (port: number): string => `inbound/${port}/udp`,
  /** Who may connect to a TCP port. */
  inboundCallers: (port: number): string => `inbound/${port}/callers`,
  inboundAudit: (port: number): string => `inbound/${port}/audit`,

  outboundListener: 'outbound',
  /** The listener for what an application sends to one address. */
  outbound: (address: string, port: number): string => `outbound/${formatAddress({ host: address, port })}`,
  outboundUdp: (address: string, port: number): string => `outbound/${formatAddress({ host: address, port })}/udp`,
  /** The scope of requests for one authority. A short name means another service in each namespace. */
  scope: (authority: string): string => `outbound/${authority}`,
  shortScope: (namespace: string, authority: string): string => `outbound/${namespace}/${authority}`,
  /** What the mesh does not know. */
  passthrough: 'passthrough',
  inboundPassthrough: 'inbound/passthrough',

  workloadCertificate: 'workload-certificate',
  trustBundle: 'trust-bundle',

  /** The cluster of the management server, in the bootstrap. */
  managementServer: 'smi-envoy',
} as const;

/**
 * The server name by which a caller of an explicit sidecar says which of the pod's ports it wants. It names no service:
 * the sidecar's listener must not change when the services that lead to its ports do.
 */
export const serverName = (port: number): string => `${port}.inbound`;

/** The parts that a service port's key was made of. */
export function partsOf(key: ServicePortKey): { namespace: string; service: string; port: number } {
  const [namespace = '', service = '', port = ''] = key.split('/', 3);
  return { namespace, service, port: Number(port) };
}

/**
 * What transparent sidecars are asked for, whose callers have said the port by dialling it. By this name they know what is
 * meant for them from the TLS of applications.
 */
export const transparentServerName = 'inbound';
