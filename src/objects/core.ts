/** The parts of Kubernetes' core resources that the mesh is built from, and nothing else of them. */
import type { ObjectMeta } from './object-meta.ts';

export type TransportProtocol = 'TCP' | 'UDP' | 'SCTP';

export interface Service {
  readonly meta: ObjectMeta;
  /** `spec.clusterIPs` without `None`; empty when headless or when none is assigned. */
  readonly clusterIPs: readonly string[];
  readonly headless: boolean;
  readonly externalName: string | undefined;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly publishNotReadyAddresses: boolean;
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly name: string | undefined;
  readonly port: number;
  /** A number, or the name of a container port, which may be another number in each pod. */
  readonly targetPort: number | string;
  readonly protocol: TransportProtocol;
  readonly appProtocol: string | undefined;
}

export interface EndpointSlice {
  readonly meta: ObjectMeta;
  /** The Service it belongs to: its label `kubernetes.io/service-name`. */
  readonly service: string;
  readonly addressType: 'IPv4' | 'IPv6';
  /** `name` is that of the Service's port; a port without a number means every port. */
  readonly ports: readonly {
    readonly name: string | undefined;
    readonly port: number;
    readonly protocol: TransportProtocol;
  }[];
  readonly endpoints: readonly SliceEndpoint[];
}

export interface SliceEndpoint {
  /** Kubernetes guarantees that all are the same endpoint; consumers use the first. */
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Name of the Pod, in the slice's namespace. */
  readonly pod: string | undefined;
  readonly hostname: string | undefined;
  readonly zone: string | undefined;
}

export interface Pod {
  readonly meta: ObjectMeta;
  readonly serviceAccount: string;
  readonly ips: readonly string[];
  readonly ready: boolean;
  /** Being deleted: `metadata.deletionTimestamp` is set. */
  readonly terminating: boolean;
  /** Will never serve again: phase `Succeeded` or `Failed`. */
  readonly finished: boolean;
  readonly hostNetwork: boolean;
  readonly hostname: string | undefined;
  readonly subdomain: string | undefined;
  readonly containerPorts: readonly {
    readonly name: string | undefined;
    readonly port: number;
    readonly protocol: TransportProtocol;
  }[];
}

export interface ServiceAccount {
  readonly meta: ObjectMeta;
}

export interface Namespace {
  readonly meta: ObjectMeta;
}
