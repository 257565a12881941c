import { type ResourceType, resourceTypes } from '../envoy/resource-type.ts';

/** Counted since the start, for one resource type. */
export interface TypeStats {
  responses: number;
  resources: number;
  removals: number;
  bytes: number;
  acks: number;
  nacks: number;
}

/** Plain numbers: whoever publishes them as metrics gives them names. Counters, but for `streams`. */
export interface XdsStats {
  /** Streams that are open now, admitted or not. */
  streams: number;
  streamsOpened: number;
  /** Streams that take a copy of each response, because grpc-js is not as `frame.ts` knows it. */
  copyingStreams: number;
  refused: number;
  publications: number;
  /** Responses that were put together from resources; the others were sent in a buffer that was there already. */
  assembled: number;
  /** Requests with a nonce that was no longer the newest. */
  stale: number;
  /** Requests for types that this server does not have. */
  unknownTypes: number;
  readonly types: { readonly [T in ResourceType]: TypeStats };
}

export const newStats = (): XdsStats => ({
  streams: 0,
  streamsOpened: 0,
  copyingStreams: 0,
  refused: 0,
  publications: 0,
  assembled: 0,
  stale: 0,
  unknownTypes: 0,
  types: Object.fromEntries(
    resourceTypes.map((type) => [type, { responses: 0, resources: 0, removals: 0, bytes: 0, acks: 0, nacks: 0 }]),
  ) as unknown as XdsStats['types'],
});
