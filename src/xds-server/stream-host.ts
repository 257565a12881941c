/** What a stream needs of its surroundings: the client's end of it, and what all streams of a server share. */
import type { status } from '@grpc/grpc-js';
import type { ResourceType } from '../envoy/resource-type.ts';
import type { Clock } from '../lib/clock.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Admit, ProxyId, XdsEvent } from './api.ts';
import type { WriteFrame } from './frame.ts';
import type { NameTable } from './name-table.ts';
import type { ResponseAssembler, StateVersion } from './response.ts';
import type { SendBudget } from './send-budget.ts';
import type { XdsStats } from './stats.ts';
import type { XdsStream } from './stream.ts';
import type { Subscribers } from './subscribers.ts';

/** The client's end of a stream. */
export interface Port {
  readonly peer: string;
  /** Sends a framed message; `flushed` is called when it has left the process. */
  readonly write: WriteFrame;
  end(code: status, message: string): void;
  /** Stops and resumes reading the client's requests. */
  pause(): void;
  resume(): void;
}

/** What the server keeps for one proxy, whether or not it is connected. */
export interface ProxyRecord {
  readonly id: ProxyId;
  /** `undefined` until something is published for it: until then it is told nothing, rather than that it has nothing. */
  snapshot: Snapshot | undefined;
  readonly streams: Set<XdsStream>;
  /**
   * Endpoints that its last stream ended without having: an Envoy that comes back may still be warming for them while
   * saying that it has them.
   */
  unsettledEndpoints: ReadonlySet<string>;
}

/** What all streams of a server share. */
export interface StreamHost {
  readonly tables: { readonly [T in ResourceType]: { readonly names: NameTable; readonly subscribers: Subscribers } };
  readonly assembler: ResponseAssembler;
  readonly stateVersion: StateVersion;
  readonly budget: SendBudget;
  readonly stats: XdsStats;
  readonly clock: Clock;
  readonly admit: Admit;
  readonly emit: (event: XdsEvent) => void;
  /** The record of a proxy that was admitted. */
  readonly proxy: (id: ProxyId) => ProxyRecord;
  /** The number of the newest publication. */
  readonly sequence: () => number;
}
