/** What the xDS server says to the rest of the program, and asks of it. Usable without SMI: it knows only snapshots. */
import type { status } from '@grpc/grpc-js';
import type { ResourceType } from '../envoy/resource-type.ts';
import type { Brand } from '../lib/brand.ts';
import type { ObjectRef } from '../objects/object-ref.ts';

/** Whom a snapshot is for. What it is made of is the admission's business; for SMI it is `<namespace>/<pod>`. */
export type ProxyId = Brand<string, 'ProxyId'>;

/** What is kept of the `Node` in a stream's first request. The rest (hundreds of extensions) is dropped at once. */
export interface NodeInfo {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly userAgent: string;
}

export type Admission =
  | { readonly admitted: true; readonly proxy: ProxyId }
  /** The stream ends with this gRPC status; the message says what to change. */
  | { readonly admitted: false; readonly code: status; readonly message: string };

/** Decides who may connect, and as which proxy. Called once per stream, with its first request. */
export type Admit = (node: NodeInfo, peer: string) => Admission | Promise<Admission>;

export type XdsEvent =
  | { readonly type: 'connected'; readonly proxy: ProxyId; readonly node: NodeInfo; readonly stream: number }
  | { readonly type: 'disconnected'; readonly proxy: ProxyId; readonly stream: number }
  | { readonly type: 'refused'; readonly nodeId: string; readonly peer: string; readonly message: string }
  /**
   * Nothing of what was published for the proxy, up to publication `sequence`, is left to be sent on this stream or to
   * be acknowledged; `rejected` resources are kept out because the client refused them, and stay as they were before.
   */
  | {
      readonly type: 'synced';
      readonly proxy: ProxyId;
      readonly stream: number;
      readonly sequence: number;
      readonly rejected: number;
    }
  | {
      readonly type: 'nack';
      readonly proxy: ProxyId;
      readonly resourceType: ResourceType;
      /** Names found guilty; what Envoy's message or sending them one by one told. */
      readonly resources: readonly string[];
      readonly origins: readonly ObjectRef[];
      readonly message: string;
    };

export interface PublishReport {
  /** Of the publication, counted from 1. `synced` events carry the highest that is fully acknowledged. */
  readonly sequence: number;
  readonly resourcesChanged: number;
  readonly proxiesTouched: number;
  /** The streams, by number, whose `synced` event is to be waited for; it may have come already. */
  readonly streamsTouched: readonly number[];
}

/** One connected proxy, for `smi-envoy proxies` and `/debug/proxies`. */
export interface ProxyStatus {
  readonly proxy: ProxyId;
  readonly nodeId: string;
  readonly userAgent: string;
  readonly stream: number;
  readonly protocol: 'delta' | 'sotw';
  readonly aggregated: boolean;
  readonly connectedAt: string;
  /** Publications that it has not fully acknowledged yet; 0 when it is up to date. */
  readonly behind: number;
  readonly types: readonly {
    readonly type: ResourceType;
    readonly subscribed: number | 'all';
    /** Resources it holds in the version that is published. */
    readonly acknowledged: number;
    readonly pending: number;
    readonly rejected: readonly {
      readonly name: string;
      readonly version: string;
      readonly message: string;
      readonly origins: readonly ObjectRef[];
    }[];
  }[];
}
