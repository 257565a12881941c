/**
 * An xDS client that behaves as Envoy does, over real gRPC but without Envoy: all variants of the protocol, what clusters
 * and listeners refer to is subscribed to, a response with one bad resource is refused as a whole, the acknowledgement
 * of clusters waits until they are warm. What it holds and what it was sent can be looked at and waited for.
 */
import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type Reference, referencesOf } from '../envoy/references.ts';
import { type ResourceType, resourceTypeByUrl, resourceTypes, resourceTypeTable } from '../envoy/resource-type.ts';
import type { Node } from '../gen/envoy/config/core/v3/base.ts';
import {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '../gen/envoy/service/discovery/v3/discovery.ts';
import { streamPaths } from '../xds-server/services.ts';

export interface FakeEnvoyOptions {
  /** `host:port` of the server. */
  readonly address: string;
  /** Default `fake`. */
  readonly node?: string | Node;
  readonly variant: 'sotw' | 'delta';
  readonly aggregated: boolean;
  /** Subscribes to what the held clusters and listeners refer to, as Envoy does. Default false. */
  readonly follow?: boolean;
  /** Withholds the acknowledgement of clusters until their endpoints have come, as Envoy does once it has started. */
  readonly warming?: boolean;
  /** What is wrong with a resource, if anything; its response is then refused. */
  readonly reject?: (type: ResourceType, name: string, bytes: Uint8Array) => string | undefined;
}

export interface Held {
  /** Of the resource; in state of the world, of the response that it came with. */
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** One response as it came. */
export interface Received {
  readonly type: ResourceType;
  readonly nonce: string;
  readonly version: string;
  readonly resources: ReadonlyMap<string, Held>;
  readonly removed: readonly string[];
  readonly accepted: boolean;
}

type Request = DiscoveryRequest & DeltaDiscoveryRequest;
type Stream = ClientDuplexStream<Request, Received>;

interface TypeState {
  /** What was subscribed to by name; may contain `*`. */
  readonly names: Set<string>;
  legacyWildcard: boolean;
  nonce: string;
  version: string;
  readonly held: Map<string, Held>;
}

export class FakeEnvoy {
  /** All responses of all streams, in the order in which they came. */
  readonly received: Received[] = [];
  readonly #options: FakeEnvoyOptions;
  readonly #client: Client;
  readonly #types = Object.fromEntries(
    resourceTypes.map((type): [ResourceType, TypeState] => [
      type,
      { names: new Set(), legacyWildcard: false, nonce: '', version: '', held: new Map() },
    ]),
  ) as Record<ResourceType, TypeState>;
  /** By type, or under `all` when aggregated. */
  #streams = new Map<ResourceType | 'all', Stream>();
  readonly #waiting = new Set<{ readonly check: () => boolean; readonly fail: (error: Error) => void }>();
  /** Endpoints that updated clusters wait for. */
  readonly #warming = new Set<string>();
  #heldAcks: (() => void)[] | undefined;
  #clusterAck: (() => void) | undefined;
  /** Requests since the server was quiet. */
  #requests = 0;
  /** How a stream ended, until another is opened. */
  ended: ServiceError | undefined;

  constructor(options: FakeEnvoyOptions) {
    this.#options = options;
    // A connection of its own, as every Envoy has.
    this.#client = new Client(options.address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
    });
  }

  /** Starts as Envoy does: everything of clusters and listeners, and with `follow` all that they need. */
  start(): this {
    this.subscribeAll('cluster');
    this.subscribeAll('listener');
    return this;
  }

  held(type: ResourceType): ReadonlyMap<string, Held> {
    return this.#types[type].held;
  }

  /** The names that it is subscribed to; `*` is all. */
  wants(type: ResourceType): ReadonlySet<string> {
    const { names, legacyWildcard } = this.#types[type];
    return legacyWildcard ? new Set([...names, '*']) : names;
  }

  names(type: ResourceType): readonly string[] {
    return [...this.#types[type].held.keys()].sort();
  }

  /** Subscribes to everything by saying nothing, as clients have always done. */
  subscribeAll(type: ResourceType): void {
    this.#types[type].legacyWildcard = true;
    this.#send(type, {}, { subscribe: [], unsubscribe: [] });
  }

  /** Subscribes to more names; `*` is all. */
  subscribe(type: ResourceType, ...names: string[]): void {
    const state = this.#types[type];
    for (const name of names) state.names.add(name);
    this.#send(type, {}, { subscribe: names, unsubscribe: [] });
  }

  unsubscribe(type: ResourceType, ...names: string[]): void {
    const state = this.#types[type];
    for (const name of names) {
      state.names.delete(name);
      if (name === '*') state.legacyWildcard = false;
    }
    if (!state.legacyWildcard && !state.names.has('*')) {
      for (const name of [...state.held.keys()]) {
        if (!state.names.has(name)) state.held.delete(name);
      }
    }
    this.#send(type, {}, { subscribe: [], unsubscribe: names });
  }

  /** Resolves once the condition holds; looks again after every response. Rejects when a stream ends with an error. */
  async when(condition: () => boolean): Promise<void> {
    if (condition()) return;
    if (this.ended !== undefined) throw this.ended;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = {
      check: () => {
        if (!condition()) return false;
        resolve();
        return true;
      },
      fail: reject,
    };
    this.#waiting.add(entry);
    await promise;
  }

  /** Resolves once it was sent so many responses, of all types or one. */
  whenReceived(count: number, type?: ResourceType): Promise<void> {
    return this.when(() => this.received.filter((one) => type === undefined || one.type === type).length >= count);
  }

  /**
   * Resolves when the server has said all that it has to say: once round trips on the same connection bring nothing new.
   * The server takes up one request of a stream in a turn, so there is a trip for each request since the last time.
   */
  async quiet(): Promise<void> {
    let received: number;
    do {
      received = this.received.length;
      const trips = this.#requests + 2;
      this.#requests = 0;
      for (let trip = 0; trip < trips; trip++) await this.#roundTrip();
    } while (this.received.length > received || this.#requests > 0);
  }

  async #roundTrip(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const nothing = () => Buffer.alloc(0);
    this.#client.makeUnaryRequest('/smi_envoy.testing/Nothing', nothing, nothing, null, () => resolve());
    await promise;
  }

  #write(type: ResourceType, request: Request): void {
    this.#requests++;
    this.#stream(type).write(request);
  }

  /** From now on no response is acknowledged or refused, until `releaseAcks`. */
  holdAcks(): void {
    this.#heldAcks ??= [];
  }

  releaseAcks(): void {
    const acks = this.#heldAcks ?? [];
    this.#heldAcks = undefined;
    for (const ack of acks) ack();
  }

  /** Stops reading, as a client that hangs. */
  stall(): void {
    for (const stream of this.#streams.values()) stream.pause();
  }

  resume(): void {
    for (const stream of this.#streams.values()) stream.resume();
  }

  /** Sends a request as it is. */
  sendRaw(type: ResourceType, request: Request): void {
    this.#write(type, request);
  }

  /** Ends the streams and keeps what it has, as when the connection breaks. */
  async disconnect(): Promise<void> {
    // A stream that is cancelled before its first frame has left is never reset by Node's HTTP/2 client.
    await this.#roundTrip();
    const streams = [...this.#streams.values()];
    this.#streams = new Map();
    await Promise.all(
      streams.map((stream) => {
        const { promise: closed, resolve } = Promise.withResolvers<void>();
        stream.once('status', () => resolve());
        stream.cancel();
        return closed;
      }),
    );
    for (const type of resourceTypes) this.#types[type].nonce = '';
  }

  /** Opens streams again, saying what it has and wants. */
  reconnect(): void {
    for (const type of resourceTypes) {
      const { names, legacyWildcard } = this.#types[type];
      if (names.size === 0 && !legacyWildcard) continue;
      const subscribe = [...names];
      if (legacyWildcard && names.size > 0) subscribe.push('*');
      this.#send(type, { initial: true }, { subscribe, unsubscribe: [] });
    }
  }

  /** Ends everything. */
  close(): void {
    for (const stream of this.#streams.values()) stream.cancel();
    this.#client.close();
    this.#waiting.clear();
  }

  #stream(type: ResourceType): Stream {
    const key = this.#options.aggregated ? 'all' : type;
    const open = this.#streams.get(key);
    if (open !== undefined) return open;
    const { variant, aggregated } = this.#options;
    const paths = streamPaths.find(({ only }) => only === (aggregated ? undefined : type));
    const stream: Stream = this.#client.makeBidiStreamRequest(
      paths?.[variant] ?? '',
      variant === 'delta' ? encodeDelta : encodeSotw,
      (bytes) => (variant === 'delta' ? readDelta(bytes) : readSotw(bytes)),
      // While the server is away an Envoy tries again and again.
      new Metadata({ waitForReady: true }),
    );
    this.#streams.set(key, stream);
    this.ended = undefined;
    stream.on('data', (response: Received) => this.#receive(response));
    stream.on('error', (error: ServiceError) => {
      if (error.code === status.CANCELLED && this.#streams.get(key) !== stream) return;
      this.ended = error;
      if (this.#streams.get(key) === stream) this.#streams.delete(key);
      this.#look();
      for (const { fail } of this.#waiting) fail(error);
      this.#waiting.clear();
    });
    return stream;
  }

  #send(
    type: ResourceType,
    answer: { readonly error?: string; readonly initial?: boolean; readonly nonce?: string },
    change: { readonly subscribe: readonly string[]; readonly unsubscribe: readonly string[] },
  ): void {
    const state = this.#types[type];
    const fresh = !this.#streams.has(this.#options.aggregated ? 'all' : type);
    const request: Request = { typeUrl: resourceTypeTable[type].typeUrl };
    if (fresh) {
      const { node = 'fake' } = this.#options;
      request.node = typeof node === 'string' ? { id: node } : node;
    }
    if (answer.error !== undefined) request.errorDetail = { code: status.INVALID_ARGUMENT, message: answer.error };
    if (this.#options.variant === 'sotw') {
      request.resourceNames = [...state.names];
      request.versionInfo = state.version;
      request.responseNonce = state.nonce;
      if (state.legacyWildcard && state.names.size > 0) request.resourceNames.push('*');
    } else {
      request.resourceNamesSubscribe = [...change.subscribe];
      request.resourceNamesUnsubscribe = [...change.unsubscribe];
      // "In this case response_nonce must be omitted": only an answer carries one.
      if (answer.nonce !== undefined) request.responseNonce = answer.nonce;
      if (answer.initial === true) {
        request.initialResourceVersions = Object.fromEntries(
          [...state.held].map(([name, held]) => [name, held.version]),
        );
      }
    }
    this.#write(type, request);
  }

  #receive(response: Received): void {
    const { type } = response;
    const state = this.#types[type];
    const error = this.#judge(response);
    this.received.push({ ...response, accepted: error === undefined });
    const changedClusters = error === undefined ? this.#apply(response) : [];
    const answer = () => {
      state.nonce = response.nonce;
      if (error === undefined && this.#options.variant === 'sotw') state.version = response.version;
      this.#send(type, error === undefined ? { nonce: response.nonce } : { error, nonce: response.nonce }, nothing);
    };
    const ack = () => {
      if (this.#heldAcks === undefined) answer();
      else this.#heldAcks.push(answer);
    };
    if (this.#options.warming === true && type === 'cluster') {
      for (const endpoint of changedClusters) this.#warming.add(endpoint);
      this.#clusterAck = ack;
    } else {
      ack();
    }
    if (this.#options.follow === true && error === undefined) this.#followReferences();
    if (type === 'endpoint' && error === undefined) {
      for (const name of [...response.resources.keys(), ...response.removed]) this.#warming.delete(name);
    }
    if (this.#warming.size === 0) {
      const clusterAck = this.#clusterAck;
      this.#clusterAck = undefined;
      clusterAck?.();
    }
    this.#look();
  }

  /** Whatever is wrong with the response as a whole, by the protocol; then with its resources. */
  #judge({ type, resources, version }: Received): string | undefined {
    if (this.#options.variant === 'sotw' && version === '') return 'a response must have a version';
    for (const [name, { bytes, version: own }] of resources) {
      if (own === '') return `${name} must have a version`;
      const error = this.#options.reject?.(type, name, bytes);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /** Holds what came; returns the endpoints that updated clusters need. */
  #apply({ type, resources, removed }: Received): readonly string[] {
    const state = this.#types[type];
    const endpoints: string[] = [];
    for (const [name, held] of resources) {
      // "The client will silently ignore any supplied resources that were not explicitly requested."
      if (!state.legacyWildcard && !state.names.has('*') && !state.names.has(name)) continue;
      const old = state.held.get(name);
      if (type === 'cluster' && old !== undefined && Buffer.compare(old.bytes, held.bytes) !== 0) {
        endpoints.push(...namesOf(referencesOf(type, name, held.bytes), 'endpoint'));
      }
      state.held.set(name, held);
    }
    for (const name of removed) state.held.delete(name);
    if (this.#options.variant === 'sotw' && resourceTypeTable[type].wildcard) {
      for (const name of [...state.held.keys()]) {
        if (!resources.has(name)) state.held.delete(name);
      }
    }
    return endpoints;
  }

  #followReferences(): void {
    const wanted = new Map<ResourceType, Set<string>>([
      ['secret', new Set()],
      ['endpoint', new Set()],
      ['route', new Set()],
      ['extension', new Set()],
    ]);
    for (const type of ['cluster', 'listener', 'scopedRoute'] as const) {
      for (const [name, { bytes }] of this.#types[type].held) {
        for (const reference of referencesOf(type, name, bytes)) wanted.get(reference.type)?.add(reference.name);
      }
    }
    for (const [type, names] of wanted) {
      const { names: subscribed, held } = this.#types[type];
      const subscribe = [...names.difference(subscribed)];
      const unsubscribe = [...subscribed.difference(names)];
      if (subscribe.length === 0 && unsubscribe.length === 0) continue;
      for (const name of subscribe) subscribed.add(name);
      for (const name of unsubscribe) {
        subscribed.delete(name);
        held.delete(name);
        this.#warming.delete(name);
      }
      this.#send(type, {}, { subscribe, unsubscribe });
    }
  }

  #look(): void {
    for (const entry of this.#waiting) {
      if (entry.check()) this.#waiting.delete(entry);
    }
  }
}

const nothing = { subscribe: [], unsubscribe: [] };

const namesOf = (references: readonly Reference[], type: ResourceType): readonly string[] =>
  references.flatMap((reference) => (reference.type === type ? [reference.name] : []));

const encodeSotw = (request: Request): Buffer => Buffer.from(DiscoveryRequest.encode(request).finish());
const encodeDelta = (request: Request): Buffer => Buffer.from(DeltaDiscoveryRequest.encode(request).finish());

function typeOf(typeUrl: string | undefined): ResourceType {
  const type = resourceTypeByUrl.get(typeUrl ?? '');
  if (type === undefined) throw new Error(`a response of an unknown type: ${typeUrl}`);
  return type;
}

function readDelta(bytes: Buffer): Received {
  const response = DeltaDiscoveryResponse.decode(bytes);
  const type = typeOf(response.typeUrl);
  const resources = new Map<string, Held>();
  for (const { name = '', version = '', resource } of response.resources ?? []) {
    if (resources.has(name)) throw new Error(`${name} is twice in one response`);
    if (typeOf(resource?.typeUrl) !== type) throw new Error(`${name} is of another type than its response`);
    resources.set(name, { version, bytes: resource?.value ?? Buffer.alloc(0) });
  }
  const { nonce = '', removedResources: removed = [] } = response;
  return { type, nonce, version: '', resources, removed, accepted: true };
}

function readSotw(bytes: Buffer): Received {
  const { typeUrl, nonce = '', versionInfo: version = '', resources: given = [] } = DiscoveryResponse.decode(bytes);
  const type = typeOf(typeUrl);
  const resources = new Map<string, Held>();
  for (const { typeUrl: inner, value = Buffer.alloc(0) } of given) {
    if (typeOf(inner) !== type) throw new Error('a resource is of another type than its response');
    const name = nameIn(type, value);
    if (resources.has(name)) throw new Error(`${name} is twice in one response`);
    resources.set(name, { version, bytes: value });
  }
  return { type, nonce, version, resources, removed: [], accepted: true };
}

/** A resource's own name, which stands in its message. */
function nameIn(type: ResourceType, bytes: Uint8Array): string {
  const message = resourceTypeTable[type].decode(bytes);
  return ('clusterName' in message ? message.clusterName : 'name' in message ? message.name : undefined) ?? '';
}
