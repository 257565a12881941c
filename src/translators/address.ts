import type { Address } from '../gen/envoy/config/core/v3/address.ts';
import { SocketAddress_Protocol } from '../gen/envoy/config/core/v3/address.ts';

export const tcpAddress = (address: string, port: number): Address => socketAddress('TCP', address, port);

export const udpAddress = (address: string, port: number): Address => socketAddress('UDP', address, port);

const socketAddress = (protocol: 'TCP' | 'UDP', address: string, port: number): Address => ({
  address: {
    $case: 'socketAddress',
    value: { protocol: SocketAddress_Protocol[protocol], address, portSpecifier: { $case: 'portValue', value: port } },
  },
});
