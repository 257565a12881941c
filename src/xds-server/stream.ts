import { status } from '@grpc/grpc-js';
import { type ResourceType, resourceTypeByUrl, resourceTypes, resourceTypeTable } from '../envoy/resource-type.ts';
import { byRef, type ObjectRef } from '../objects/object-ref.ts';
import type { Resource } from '../snapshot/resource.ts';
import { isOwn, resourceOf, resourcesOf } from '../snapshot/snapshot.ts';
import type { Admit, NodeInfo, ProxyStatus } from './api.ts';
import { describeSubscription } from './describe.ts';
import { decodeNode } from './node-info.ts';
import { mayRemove, type Subscriptions, waitsForCluster } from './order.ts';
import type { Variant, XdsRequest } from './request.ts';
import { type Gates, type Reply, respond, type Style } from './respond.ts';
import type { Port, ProxyRecord, StreamHost } from './stream-host.ts';
import { Subscription, type Verdict } from './subscription.ts';

type State =
  /** Nothing was received yet. */
  | { readonly t: 'greeting' }
  /** Somebody decides whether it may connect. Requests wait. */
  | { readonly t: 'admitting'; readonly early: XdsRequest[] }
  /** Admitted, but nothing was published for the proxy. Requests wait. */
  | { readonly t: 'waiting'; readonly node: NodeInfo; readonly proxy: ProxyRecord; readonly early: XdsRequest[] }
  | {
      readonly t: 'serving';
      readonly node: NodeInfo;
      readonly proxy: ProxyRecord;
      readonly subscriptions: Subscriptions;
    }
  | { readonly t: 'closed' };

/** Requests that may wait until a stream is served; reading is paused, so more than a few are not expected. */
const earlyRequests = 64;

/** Names that one stream may subscribe to of one type: far more than any Envoy can use. */
const namesPerType = 250_000;

/** Responses from this size on count against the budget of bytes on their way. */
const countedBytes = 16 * 1024;

/** One stream of a client, in whichever variant of the protocol. */
export class XdsStream {
  /** Counted from 1, never used twice. */
  readonly number: number;
  /** The place in the reverse index; used again after the stream ended. */
  readonly slot: number;
  readonly variant: Variant;
  /** The type of a per-type service; `undefined` for the aggregated one. */
  readonly only: ResourceType | undefined;
  readonly #port: Port;
  readonly #host: StreamHost;
  readonly #connectedAt: Date;
  #state: State = { t: 'greeting' };
  #behind = 0;
  #busy = false;

  constructor(
    host: StreamHost,
    port: Port,
    place: { readonly number: number; readonly slot: number },
    service: { readonly variant: Variant; readonly only: ResourceType | undefined },
  ) {
    this.#host = host;
    this.#port = port;
    this.number = place.number;
    this.slot = place.slot;
    this.variant = service.variant;
    this.only = service.only;
    this.#connectedAt = host.clock.date();
  }

  get proxy(): ProxyRecord | undefined {
    return this.#state.t === 'serving' || this.#state.t === 'waiting' ? this.#state.proxy : undefined;
  }

  /** Publications that touched this stream and have not been acknowledged to the end. */
  get behind(): number {
    return this.#behind;
  }

  get serving(): boolean {
    return this.#state.t === 'serving';
  }

  receive(request: XdsRequest): void {
    const state = this.#state;
    switch (state.t) {
      case 'greeting':
        this.#greet(request);
        break;
      case 'admitting':
      case 'waiting':
        if (state.early.length >= earlyRequests) {
          this.end(status.RESOURCE_EXHAUSTED, 'too many requests before the first response');
        } else {
          state.early.push(request);
        }
        break;
      case 'serving':
        this.#serve(state.subscriptions, request);
        break;
      case 'closed':
        break;
    }
  }

  /** The proxy was given its first snapshot. */
  start(): void {
    const state = this.#state;
    if (state.t !== 'waiting' || state.proxy.snapshot === undefined) return;
    this.#state = { t: 'serving', node: state.node, proxy: state.proxy, subscriptions: {} };
    this.#port.resume();
    for (const request of state.early) this.receive(request);
  }

  /** A name that the client may want is no longer what it was `before`. To be followed by `flush`. */
  change(type: ResourceType, id: number, before: Resource | undefined, after: Resource | undefined): void {
    if (this.#state.t === 'serving') this.#state.subscriptions[type]?.change(id, before, after);
  }

  /** Counts a publication that changed something for this client; called once after its changes. */
  touch(): void {
    this.#behind++;
    this.#busy = true;
  }

  /** Sends what may be sent now. */
  readonly flush = (): void => {
    if (this.#state.t !== 'serving') return;
    const { subscriptions } = this.#state;
    for (const type of resourceTypes) {
      const subscription = subscriptions[type];
      if (subscription === undefined || subscription.inFlight !== undefined || !subscription.busy) continue;
      if (subscription.turn.size > 16 && this.#host.budget.exhausted) {
        this.#host.budget.wait(this.flush);
        continue;
      }
      this.#say(type, subscription, subscriptions);
    }
    this.#reportSynced(subscriptions);
  };

  /** Ends the stream from this side. */
  end(code: status, message: string): void {
    if (this.#state.t === 'closed') return;
    this.#port.end(code, message);
    this.closed();
  }

  /** The stream is over, whoever ended it. */
  closed(): void {
    const state = this.#state;
    if (state.t === 'closed') return;
    this.#state = { t: 'closed' };
    this.#host.budget.stopWaiting(this.flush);
    if (state.t !== 'serving' && state.t !== 'waiting') return;
    state.proxy.streams.delete(this);
    if (state.t === 'serving') {
      const endpoints = state.subscriptions.endpoint;
      if (this.only === undefined && endpoints !== undefined) {
        state.proxy.unsettledEndpoints = new Set([
          ...[...endpoints.due, ...(endpoints.inFlight?.ids ?? [])].map((id) => endpoints.nameOf(id)),
        ]);
      }
      for (const type of resourceTypes) state.subscriptions[type]?.end();
    }
    this.#host.emit({ type: 'disconnected', proxy: state.proxy.id, stream: this.number });
  }

  /** For people; `undefined` before the stream is admitted. */
  describe(): ProxyStatus | undefined {
    const state = this.#state;
    if (state.t !== 'serving' && state.t !== 'waiting') return undefined;
    const subscriptions: Subscriptions = state.t === 'serving' ? state.subscriptions : {};
    return {
      proxy: state.proxy.id,
      nodeId: state.node.id,
      userAgent: state.node.userAgent,
      stream: this.number,
      protocol: this.variant,
      aggregated: this.only === undefined,
      connectedAt: this.#connectedAt.toISOString(),
      behind: this.#behind,
      types: resourceTypes.flatMap((type) => {
        const subscription = subscriptions[type];
        return subscription === undefined ? [] : [describeSubscription(type, subscription)];
      }),
    };
  }

  *subscriptions(): Generator<readonly [ResourceType, Subscription]> {
    if (this.#state.t !== 'serving') return;
    for (const type of resourceTypes) {
      const subscription = this.#state.subscriptions[type];
      if (subscription !== undefined) yield [type, subscription];
    }
  }

  #greet(request: XdsRequest): void {
    // "Only the first request on a stream is guaranteed to carry the node identifier."
    // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#basic-protocol-overview
    const node = decodeNode(request.node);
    if (!node.ok) {
      this.#refuse('', status.INVALID_ARGUMENT, node.error);
      return;
    }
    const early = [{ ...request, node: undefined }];
    this.#state = { t: 'admitting', early };
    this.#port.pause();
    const decided = (admission: Awaited<ReturnType<Admit>>) => {
      if (this.#state.t !== 'admitting') return;
      if (!admission.admitted) {
        this.#refuse(node.value.id, admission.code, admission.message);
        return;
      }
      const proxy = this.#host.proxy(admission.proxy);
      proxy.streams.add(this);
      this.#state = { t: 'waiting', node: node.value, proxy, early };
      this.#host.emit({ type: 'connected', proxy: proxy.id, node: node.value, stream: this.number });
      this.start();
    };
    const failed = (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refuse(node.value.id, status.UNAVAILABLE, `admission failed: ${reason}`);
    };
    try {
      const admission = this.#host.admit(node.value, this.#port.peer);
      if (admission instanceof Promise) admission.then(decided).catch(failed);
      else decided(admission);
    } catch (error) {
      failed(error);
    }
  }

  #refuse(nodeId: string, code: status, message: string): void {
    if (this.#state.t === 'closed') return;
    this.#host.stats.refused++;
    this.#host.emit({ type: 'refused', nodeId, peer: this.#port.peer, message });
    this.end(code, message);
  }

  #serve(subscriptions: Subscriptions, request: XdsRequest): void {
    const type = this.#typeOf(request);
    if (type === undefined) return;
    const subscription = subscriptions[type] ?? this.#subscribe(type);
    subscriptions[type] = subscription;
    if (request.asks.variant === 'sotw' && isStale(subscription, request.nonce)) {
      // "The management server should not send a DiscoveryResponse for any DiscoveryRequest that has a stale nonce."
      // What it asks for comes again with the acknowledgement of the newer response.
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-updates
      this.#host.stats.stale++;
      return;
    }
    // In the incremental variants "the nonce may be used to correlate an ack/nack with a server response, but should not
    // be used to reject stale requests".
    // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
    if (subscription.inFlight !== undefined && subscription.inFlight.nonce === request.nonce) {
      this.#conclude(type, subscription, request.error);
    }
    const first = subscription.lastNonce === undefined;
    subscription.ask(request.asks);
    if (subscription.interest.names.size > namesPerType) {
      this.end(status.RESOURCE_EXHAUSTED, `more than ${namesPerType} names of one type`);
      return;
    }
    if (first) this.#resume(type, subscription, request);
    this.#busy = true;
    this.flush();
  }

  #typeOf({ typeUrl }: XdsRequest): ResourceType | undefined {
    if (this.only !== undefined) {
      if (typeUrl === '' || typeUrl === resourceTypeTable[this.only].typeUrl) return this.only;
      this.end(status.INVALID_ARGUMENT, `this service gives ${resourceTypeTable[this.only].typeUrl}, not ${typeUrl}`);
      return undefined;
    }
    if (typeUrl === '') {
      this.end(status.INVALID_ARGUMENT, 'a request on an aggregated stream must say its type_url');
      return undefined;
    }
    const type = resourceTypeByUrl.get(typeUrl);
    if (type === undefined) this.#host.stats.unknownTypes++;
    return type;
  }

  #subscribe(type: ResourceType): Subscription {
    const { names, subscribers } = this.#host.tables[type];
    const snapshot = () => this.proxy?.snapshot ?? { layers: [] };
    return new Subscription(
      styleOf(this.variant, type),
      {
        names,
        subscribers,
        slot: this.slot,
        target: (id) => resourceOf(snapshot(), type, names.nameOf(id)),
        own: (id) => isOwn(snapshot(), type, names.nameOf(id)),
        targets: () => resourcesOf(snapshot(), type),
      },
      resourceTypeTable[type].wildcard,
    );
  }

  /** Takes into account what the client has from an earlier stream. */
  #resume(type: ResourceType, subscription: Subscription, { asks }: XdsRequest): void {
    if (asks.variant === 'sotw') {
      // "it is generally safe for servers to do this optimization for LDS and CDS when the only subscription is a
      // wildcard subscription"
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#ack-nack-and-resource-type-instance-version
      const { interest, style } = subscription;
      if (asks.versionInfo === '' || style !== 'whole' || !interest.wildcard || interest.names.size > 0) return;
      const snapshot = this.proxy?.snapshot;
      if (snapshot === undefined) return;
      if (this.#host.stateVersion(type, [...resourcesOf(snapshot, type)]) === asks.versionInfo)
        subscription.assumeHeld();
      return;
    }
    if (type === 'endpoint' && this.proxy !== undefined) {
      for (const name of this.proxy.unsettledEndpoints) {
        const id = this.#host.tables.endpoint.names.idOf(name);
        if (subscription.interest.names.has(id)) subscription.repeat(id);
      }
      this.proxy.unsettledEndpoints = none;
    }
  }

  /** The response in flight was accepted or refused. */
  #conclude(type: ResourceType, subscription: Subscription, error: string | undefined): void {
    const stats = this.#host.stats.types[type];
    if (error === undefined) {
      stats.acks++;
      subscription.acknowledge();
      const unexplained = subscription.takeUnexplained();
      if (unexplained !== undefined) this.#reportRejection(type, [], unexplained);
      return;
    }
    stats.nacks++;
    const verdict: Verdict = subscription.reject(error);
    switch (verdict.found) {
      case 'guilty':
        this.#reportRejection(type, [verdict.rejection.resource], error);
        break;
      case 'nothing':
        this.#reportRejection(type, [], error);
        break;
      case 'suspects':
        break;
    }
  }

  #reportRejection(resourceType: ResourceType, guilty: readonly Resource[], message: string): void {
    const proxy = this.proxy;
    if (proxy === undefined) return;
    const origins: ObjectRef[] = guilty.flatMap((resource) => resource.origins).sort(byRef);
    const resources = guilty.map(({ name }) => name);
    this.#host.emit({ type: 'nack', proxy: proxy.id, resourceType, resources, origins, message });
  }

  /** The next response of a type, if there is something to say. */
  #say(type: ResourceType, subscription: Subscription, subscriptions: Subscriptions): void {
    const clusters = this.#host.tables.cluster.names;
    const gates: Gates = {
      heldBack: (resource) => waitsForCluster(resource, subscriptions.cluster, (name) => clusters.find(name)),
      mayRemove: () => mayRemove(type, subscriptions),
    };
    for (;;) {
      const turn = subscription.turn;
      const { reply, unneeded } = respond(subscription, gates);
      subscription.drop(unneeded);
      if (reply !== undefined) {
        this.#send(type, subscription, reply);
        if (type === 'cluster') this.#repeatEndpoints(reply, subscriptions.endpoint);
        if (type === 'listener') this.#repeatScopes(reply, subscription, subscriptions.scopedRoute);
        return;
      }
      if (subscription.turn === turn) return;
    }
  }

  #send(type: ResourceType, subscription: Subscription, reply: Reply): void {
    const { assembler, budget, stats } = this.#host;
    const { nonce, frame, batch } = assembler.assemble(this.variant, type, reply, subscription.lastNonce);
    subscription.sent(nonce, batch);
    const counted = stats.types[type];
    counted.responses++;
    counted.resources += reply.resources.length;
    counted.removals += reply.removed.length;
    counted.bytes += frame.length;
    this.#busy = true;
    this.#port.write(frame, frame.length >= countedBytes ? budget.take(frame.length) : ignore);
  }

  /**
   * "Warming of Cluster is completed only when a new ClusterLoadAssignment response is supplied by management server even
   * though there is no change in endpoints."
   * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-warming
   */
  #repeatEndpoints({ batch }: Reply, endpoints: Subscription | undefined): void {
    if (endpoints === undefined) return;
    for (const cluster of batch.resources) {
      for (const { type, name } of cluster?.references ?? []) {
        const id = type === 'endpoint' ? this.#host.tables.endpoint.names.find(name) : undefined;
        if (id !== undefined && endpoints.interest.names.has(id)) endpoints.repeat(id);
      }
    }
  }

  /**
   * Envoy subscribes to scoped routes once. When the last listener that reads them has gone and another comes, it does not
   * ask again, and the new one would wait for an answer until its fetch times out (seen with Envoy 1.40).
   */
  #repeatScopes({ batch }: Reply, listeners: Subscription, scopes: Subscription | undefined): void {
    const isNew = (id: number, index: number) => batch.resources[index] !== undefined && !listeners.held.has(id);
    if (batch.ids.some(isNew)) scopes?.repeatAll();
  }

  #reportSynced(subscriptions: Subscriptions): void {
    if (!this.#busy) return;
    for (const type of resourceTypes) {
      if (subscriptions[type]?.busy === true) return;
    }
    this.#busy = false;
    this.#behind = 0;
    const proxy = this.proxy;
    if (proxy === undefined) return;
    let rejected = 0;
    for (const type of resourceTypes) rejected += subscriptions[type]?.rejections.size ?? 0;
    const sequence = this.#host.sequence();
    this.#host.emit({ type: 'synced', proxy: proxy.id, stream: this.number, sequence, rejected });
  }
}

const none: ReadonlySet<string> = new Set();

const ignore = (): void => {};

const styleOf = (variant: Variant, type: ResourceType): Style =>
  variant === 'delta' ? 'delta' : resourceTypeTable[type].wildcard ? 'whole' : 'part';

/**
 * "A nonce becomes stale following a newer nonce being presented to Envoy in a DiscoveryResponse." Before the first
 * response there is none to present, so a request without nonce is stale only while a response is on its way.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-updates
 */
const isStale = ({ lastNonce, inFlight }: Subscription, nonce: string): boolean =>
  lastNonce !== undefined && nonce !== lastNonce && (nonce !== '' || inFlight !== undefined);
