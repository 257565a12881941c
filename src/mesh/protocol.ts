import type { ServicePort } from '../objects/core.ts';
import type { Protocol } from './model.ts';

/** How a port's traffic is carried, and how that was found out. */
export type ProtocolChoice =
  | { readonly protocol: Protocol; readonly http2: boolean; readonly known: boolean }
  | { readonly protocol: 'unsupported' };

const http = { protocol: 'http', http2: false, known: true } as const;
const http2 = { protocol: 'http', http2: true, known: true } as const;
const tcp = { protocol: 'tcp', http2: false, known: true } as const;
const udp = { protocol: 'udp', http2: false, known: true } as const;

/**
 * Application protocols by the names that `appProtocol` and port names give them. Encrypted ones are opaque to a
 * sidecar, hence TCP. https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol
 */
const applicationProtocols: ReadonlyMap<string, ProtocolChoice> = new Map<string, ProtocolChoice>([
  ...(['http', 'ws', 'grpc-web', 'kubernetes.io/ws'] as const).map((name) => [name, http] as const),
  ...(['http2', 'h2c', 'grpc', 'kubernetes.io/h2c'] as const).map((name) => [name, http2] as const),
  ...(
    [
      ...['tcp', 'tls', 'https', 'wss', 'kubernetes.io/wss', 'ssh', 'smtp', 'smtps', 'imap', 'imaps', 'ldap', 'ldaps'],
      ...['mysql', 'mariadb', 'postgres', 'postgresql', 'mssql', 'mongo', 'mongodb', 'redis', 'rediss', 'memcached'],
      ...['cassandra', 'kafka', 'amqp', 'amqps', 'mqtt', 'mqtts', 'nats', 'stomp', 'zookeeper', 'thrift', 'ftp'],
    ] as const
  ).map((name) => [name, tcp] as const),
]);

/**
 * Chooses by `appProtocol`, then by the port's name or its beginning (`grpc`, `tcp-admin`), then HTTP.
 *
 * An `appProtocol` that we do not know is carried as TCP: whatever it is, it gets through unharmed, and access to it
 * takes a TCPRoute, never an HTTP rule that it was not meant by.
 */
export function protocolOf(port: Pick<ServicePort, 'appProtocol' | 'name' | 'protocol'>): ProtocolChoice {
  if (port.protocol === 'UDP') return udp;
  if (port.protocol === 'SCTP') return { protocol: 'unsupported' };
  if (port.appProtocol !== undefined && port.appProtocol !== '') {
    return applicationProtocols.get(port.appProtocol.toLowerCase()) ?? { ...tcp, known: false };
  }
  return byPortName(port.name ?? '') ?? http;
}

/** `grpc-web-public` is gRPC-Web: the longest beginning that is a protocol's name decides. */
function byPortName(name: string): ProtocolChoice | undefined {
  const words = name.toLowerCase().split('-');
  for (let length = words.length; length > 0; length--) {
    const choice = applicationProtocols.get(words.slice(0, length).join('-'));
    if (choice !== undefined) return choice;
  }
  return undefined;
}
