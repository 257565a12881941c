import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { type ResourceType, resourceTypes } from '../envoy/resource-type.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { IdSet } from '../lib/id-set.ts';
import { changedNames } from '../snapshot/changes.ts';
import { emptyResourceSet, type Layer, resourceOf, type Snapshot } from '../snapshot/snapshot.ts';
import type { Admit, ProxyId, ProxyStatus, PublishReport, XdsEvent } from './api.ts';
import { frameWriter, type WriteFrame } from './frame.ts';
import { NameTable } from './name-table.ts';
import type { Variant, XdsRequest } from './request.ts';
import { hashOfVersions, ResponseAssembler, type StateVersion } from './response.ts';
import { SendBudget } from './send-budget.ts';
import { serviceDefinition, streamPaths } from './services.ts';
import { newStats, type XdsStats } from './stats.ts';
import { XdsStream } from './stream.ts';
import type { Port, ProxyRecord, StreamHost } from './stream-host.ts';
import { Subscribers } from './subscribers.ts';

export interface XdsServerOptions {
  /** Who may connect, and as which proxy. Default: everybody, as the proxy of the node's id. */
  readonly admit?: Admit;
  /** Told of all that happens, synchronously; must not throw. */
  readonly onEvent?: (event: XdsEvent) => void;
  readonly clock?: Clock;
  /** How often an idle connection is checked, and how long it may take to answer, in milliseconds. 30 and 10 seconds. */
  readonly keepalive?: { readonly interval: number; readonly timeout: number };
  /** Streams that one connection may open. An Envoy without ADS opens one for each endpoint set. 10,000. */
  readonly maxStreamsPerConnection?: number;
  /** How many bytes of large responses may be on their way to all clients together before others wait. 16 MB. */
  readonly bytesOnTheirWay?: number;
  /** How many bytes of assembled responses are remembered for streams that are to be told the same. 8 MB. */
  readonly bytesRemembered?: number;
  /** The version of state-of-the-world responses; must be equal for equal resources. Default: a hash of them. */
  readonly stateVersion?: StateVersion;
}

const megabyte = 1024 * 1024;

/** Streams that are sent to in one turn of the event loop, so that acknowledgements are read in between. */
const streamsPerTurn = 512;

/** Numbers of names are taken back when there are this many more than at the last look. */
const namesBetweenSweeps = 4096;

/**
 * An xDS management server: serves each proxy the snapshot that was last published for it, over ADS and the per-type
 * services, state of the world and incremental. Knows nothing of where snapshots come from.
 *
 * @example
 * const server = new XdsServer();
 * const { port } = await server.listen('127.0.0.1:18000');
 * const cluster = makeResource('cluster', 'local', Cluster.encode({
 *   name: 'local',
 *   clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
 *   edsClusterConfig: { edsConfig: { configSourceSpecifier: { $case: 'ads', value: {} } } },
 * }).finish());
 * const endpoints = makeResource('endpoint', 'local', ClusterLoadAssignment.encode({ clusterName: 'local' }).finish());
 * const layer = { resources: makeResourceSet([cluster, endpoints]), names: 'all' } as const;
 * server.publish(new Map([['my-envoy' as ProxyId, { layers: [layer] }]]));
 */
export class XdsServer {
  readonly #grpc: Server;
  readonly #clock: Clock;
  readonly #onEvent: (event: XdsEvent) => void;
  readonly #stats = newStats();
  readonly #assembler: ResponseAssembler;
  readonly #budget: SendBudget;
  readonly #tables: StreamHost['tables'];
  readonly #host: StreamHost;
  readonly #proxies = new Map<ProxyId, ProxyRecord>();
  readonly #streams: (XdsStream | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #sweptSizes = new Map<ResourceType, number>();
  readonly #toFlush = new Set<XdsStream>();
  #flushing = false;
  #sequence = 0;
  #closing = false;

  constructor(options: XdsServerOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#onEvent = options.onEvent ?? (() => {});
    const stateVersion = options.stateVersion ?? hashOfVersions;
    this.#assembler = new ResponseAssembler(stateVersion, options.bytesRemembered ?? 8 * megabyte);
    this.#budget = new SendBudget(options.bytesOnTheirWay ?? 16 * megabyte, this.#clock);
    this.#tables = Object.fromEntries(
      resourceTypes.map((type) => [type, { names: new NameTable(), subscribers: new Subscribers() }]),
    ) as unknown as StreamHost['tables'];
    this.#host = {
      tables: this.#tables,
      assembler: this.#assembler,
      stateVersion,
      budget: this.#budget,
      stats: this.#stats,
      clock: this.#clock,
      admit: options.admit ?? (({ id }) => ({ admitted: true, proxy: id as ProxyId })),
      emit: (event) => this.#onEvent(event),
      proxy: (id) => this.#proxy(id),
      sequence: () => this.#sequence,
    };
    this.#grpc = new Server({
      'grpc.keepalive_time_ms': options.keepalive?.interval ?? 30_000,
      'grpc.keepalive_timeout_ms': options.keepalive?.timeout ?? 10_000,
      'grpc.max_concurrent_streams': options.maxStreamsPerConnection ?? 10_000,
      'grpc.max_send_message_length': -1,
    });
    for (const paths of streamPaths) {
      this.#grpc.addService(serviceDefinition(paths), {
        sotw: (call: Call) => this.#open(call, 'sotw', paths.only),
        delta: (call: Call) => this.#open(call, 'delta', paths.only),
      });
    }
  }

  /** Starts listening on `host:port`, in plain text unless credentials are given. Rejects when it cannot. */
  listen(
    address: string,
    credentials: ServerCredentials = ServerCredentials.createInsecure(),
  ): Promise<{ port: number }> {
    return new Promise((resolve, reject) => {
      this.#grpc.bindAsync(address, credentials, (error, port) => {
        if (error === null) resolve({ port });
        else reject(error);
      });
    });
  }

  /**
   * Gives each of the proxies a new snapshot; the others keep theirs. Only what differs from the snapshot before is
   * sent, and only to the streams that want it. Returns before anything is acknowledged: see the `synced` event.
   */
  publish(snapshots: ReadonlyMap<ProxyId, Snapshot>): PublishReport {
    this.#sequence++;
    this.#stats.publications++;
    const previous = new Map<ProxyRecord, Snapshot>();
    const started: ProxyRecord[] = [];
    const changed = new Map<ResourceType, Set<string>>(resourceTypes.map((type) => [type, new Set()]));
    const seen = new Map<Layer, Set<Layer>>();
    for (const [id, snapshot] of snapshots) {
      const proxy = this.#proxy(id);
      const before = proxy.snapshot;
      if (before !== undefined && sameLayers(before, snapshot)) continue;
      proxy.snapshot = snapshot;
      if (before === undefined) {
        started.push(proxy);
        continue;
      }
      previous.set(proxy, before);
      if (proxy.streams.size > 0) collectChanges(before, snapshot, changed, seen);
    }
    const touched = new Set<XdsStream>();
    let resourcesChanged = 0;
    for (const [type, names] of changed) {
      const table = this.#tables[type];
      resourcesChanged += names.size;
      for (const name of names) {
        let id = table.names.find(name);
        table.subscribers.visit(id, (slot) => {
          const stream = this.#streams[slot];
          const proxy = stream?.proxy;
          const old = proxy === undefined ? undefined : previous.get(proxy);
          if (stream === undefined || proxy?.snapshot === undefined || old === undefined) return;
          const before = resourceOf(old, type, name);
          const after = resourceOf(proxy.snapshot, type, name);
          if (before === after || before?.version === after?.version) return;
          id ??= table.names.idOf(name);
          stream.change(type, id, before, after);
          touched.add(stream);
        });
      }
    }
    const proxiesTouched = new Set<ProxyRecord | undefined>();
    for (const stream of touched) {
      stream.touch();
      proxiesTouched.add(stream.proxy);
      this.#toFlush.add(stream);
    }
    if (!this.#flushing) this.#flush();
    for (const proxy of started) {
      if (proxy.streams.size > 0) proxiesTouched.add(proxy);
      for (const stream of proxy.streams) stream.start();
    }
    this.#sweepNames();
    return {
      sequence: this.#sequence,
      resourcesChanged,
      proxiesTouched: proxiesTouched.size,
      streamsTouched: Array.from(touched, ({ number }) => number),
    };
  }

  /** Drops what is known of a proxy. Its streams end, and are admitted anew when it comes back. */
  forget(id: ProxyId): void {
    const proxy = this.#proxies.get(id);
    this.#proxies.delete(id);
    for (const stream of proxy?.streams ?? []) stream.end(status.UNAVAILABLE, `${id} is no longer known here`);
  }

  /** Every admitted stream, in the order in which they connected. */
  proxies(): readonly ProxyStatus[] {
    return this.#streams.flatMap((stream) => stream?.describe() ?? []).sort((a, b) => a.stream - b.stream);
  }

  /** The proxies that have an open stream: all that `proxies()` says of them that is cheap to find out. */
  connected(): ReadonlyMap<ProxyId, 'behind' | 'up to date'> {
    const connected = new Map<ProxyId, 'behind' | 'up to date'>();
    for (const stream of this.#streams) {
      if (stream?.proxy === undefined) continue;
      const { id } = stream.proxy;
      if (stream.behind > 0) connected.set(id, 'behind');
      else if (!connected.has(id)) connected.set(id, 'up to date');
    }
    return connected;
  }

  /** Counts as they are now. */
  stats(): XdsStats {
    return {
      ...this.#stats,
      assembled: this.#assembler.assembled,
      types: Object.fromEntries(
        resourceTypes.map((type) => [type, { ...this.#stats.types[type] }]),
      ) as unknown as XdsStats['types'],
    };
  }

  /** Ends all streams, so that clients turn to another replica, and stops listening. At most a second. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#budget.close();
    for (const stream of [...this.#streams]) stream?.end(status.UNAVAILABLE, 'the server is shutting down');
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(1_000, () => {
        this.#grpc.forceShutdown();
        resolve();
      });
      this.#grpc.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
  }

  #proxy(id: ProxyId): ProxyRecord {
    let proxy = this.#proxies.get(id);
    if (proxy === undefined) {
      proxy = { id, snapshot: undefined, streams: new Set(), unsettledEndpoints: new Set() };
      this.#proxies.set(id, proxy);
    }
    return proxy;
  }

  #open(call: Call, variant: Variant, only: ResourceType | undefined): void {
    const slot = this.#freeSlots.pop() ?? this.#streams.length;
    const number = ++this.#stats.streamsOpened;
    const { write, copies } = frameWriter(call);
    if (copies) this.#stats.copyingStreams++;
    const stream = new XdsStream(this.#host, portOf(call, write), { number, slot }, { variant, only });
    this.#streams[slot] = stream;
    this.#stats.streams++;
    const closed = () => {
      if (this.#streams[slot] !== stream) return;
      stream.closed();
      this.#streams[slot] = undefined;
      this.#freeSlots.push(slot);
      this.#toFlush.delete(stream);
      this.#stats.streams--;
    };
    call.on('data', (request: XdsRequest) => {
      try {
        stream.receive(request);
      } catch (error) {
        // Our own mistake must not take the other streams along: this one starts over.
        stream.end(status.INTERNAL, error instanceof Error ? error.message : String(error));
      }
    });
    call.on('end', () => {
      call.end();
      closed();
    });
    call.on('error', closed);
    call.on('cancelled', closed);
    call.on('close', closed);
    if (this.#closing) stream.end(status.UNAVAILABLE, 'the server is shutting down');
  }

  /** Sends to the streams that have something to be told, a part of them each turn of the event loop. */
  #flush(): void {
    let room = streamsPerTurn;
    for (const stream of this.#toFlush) {
      if (room-- === 0) break;
      this.#toFlush.delete(stream);
      stream.flush();
    }
    this.#flushing = this.#toFlush.size > 0;
    if (this.#flushing) this.#clock.soon(() => this.#flush());
  }

  /** Takes back the numbers of names that nobody asks for or holds any more. */
  #sweepNames(): void {
    for (const type of resourceTypes) {
      const { names } = this.#tables[type];
      if (names.size < (this.#sweptSizes.get(type) ?? 0) + namesBetweenSweeps) continue;
      const inUse = new IdSet();
      for (const stream of this.#streams) {
        for (const [streamType, subscription] of stream?.subscriptions() ?? []) {
          if (streamType === type) subscription.collectIds(inUse);
        }
      }
      names.retain(inUse);
      this.#sweptSizes.set(type, names.size);
    }
  }
}

type Call = ServerDuplexStream<XdsRequest, Buffer>;

const portOf = (call: Call, write: WriteFrame): Port => ({
  peer: call.getPeer(),
  write,
  end: (code, details) => {
    call.emit('error', { code, details });
  },
  pause: () => {
    call.pause();
  },
  resume: () => {
    call.resume();
  },
});

const emptyLayer: Layer = { resources: emptyResourceSet, names: 'all' };

const sameLayers = (a: Snapshot, b: Snapshot): boolean =>
  a === b ||
  (a.layers.length === b.layers.length &&
    a.layers.every((layer, index) => {
      const other = b.layers[index];
      return layer === other || (layer.resources === other?.resources && layer.names === other.names);
    }));

/** Adds the names of which two snapshots may give something different. */
function collectChanges(
  before: Snapshot,
  after: Snapshot,
  into: ReadonlyMap<ResourceType, Set<string>>,
  seen: Map<Layer, Set<Layer>>,
): void {
  for (let index = 0; index < Math.max(before.layers.length, after.layers.length); index++) {
    const old = before.layers[index] ?? emptyLayer;
    const now = after.layers[index] ?? emptyLayer;
    if (old === now) continue;
    const met = seen.get(old);
    if (met?.has(now) === true) continue;
    if (met === undefined) seen.set(old, new Set([now]));
    else met.add(now);
    const changes = changedNames(old, now);
    for (const [type, names] of into) {
      for (const name of changes[type]) names.add(name);
    }
  }
}
