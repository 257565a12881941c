import { type ObjectKind, objectKinds } from '../../cluster/cluster-state.ts';
import { decodeResource } from '../../cluster/decode.ts';
import { apiVersionOf, type Resource, resources } from '../../cluster/resources.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { Coalescer } from '../../lib/coalescer.ts';
import type { NamespacedName } from '../../objects/object-ref.ts';
import type { Source, SourceCondition, SourceListener, SourceStatus } from '../source.ts';
import { StateStore } from '../state-store.ts';
import { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import type { CredentialsProvider } from './credentials.ts';
import { customKinds, definitionName, definitionsPath, KindDiscovery } from './kind-discovery.ts';
import { type RawObject, Reflector, type ReflectorOptions, type ReflectorSink } from './reflector.ts';

export interface KubernetesSourceOptions {
  readonly credentials: CredentialsProvider;
  readonly clock?: Clock;
  /** Of [0, 1). */
  readonly random?: () => number;
  /** Milliseconds in which changes that follow one another share an update. The first after a quiet time never waits. */
  readonly window?: number;
}

/** Of CRDs only the names are of interest: their schemas are by far the largest objects of a cluster. */
const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

const definitionNames: ReadonlySet<string> = new Set(customKinds.map(definitionName));

/** Reads the API server: a reflector for each kind that it has, all writing into one store. */
export class KubernetesSource implements Source {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #store = new StateStore();
  readonly #updates: Coalescer;
  readonly #reflectorOptions: ReflectorOptions;
  readonly #reflectors = new Map<ObjectKind, Reflector>();
  readonly #definitions: Reflector;
  readonly #discovery: KindDiscovery;
  readonly #status = new Map<ObjectKind, SourceStatus>();
  /** Kinds that have been read, or are certain not to exist. */
  readonly #settled = new Set<ObjectKind>();
  /** Of reflectors that are no longer needed. */
  readonly #endings = new Set<Promise<void>>();
  #complete = false;
  #listener: SourceListener | undefined;

  constructor({ credentials, clock = systemClock, random = Math.random, window = 20 }: KubernetesSourceOptions) {
    this.#client = new ApiClient(credentials, clock);
    this.#clock = clock;
    this.#updates = new Coalescer(() => this.#publish(), window, clock);
    this.#reflectorOptions = { client: this.#client, clock, random };
    for (const kind of objectKinds) this.#status.set(kind, { part: kind, condition: 'starting', message: '' });
    this.#definitions = new Reflector(
      definitionsPath,
      {
        put: (_key, { metadata }) => definitionNames.has(metadata.name) && this.#discovery.look(),
        remove: (key) => definitionNames.has(key.slice(1)) && this.#discovery.look(),
        live: () => {},
        // Where CRDs may not be watched, looking from time to time finds the same, only later.
        failing: () => {},
      },
      { ...this.#reflectorOptions, accept: metadataOnly },
    );
    this.#discovery = new KindDiscovery(
      {
        onServed: (resource, version) => this.#read(resource, version),
        onAbsent: ({ kind }, why) => this.#forget(kind, why),
        // A kind that is already being read speaks for itself.
        onUnknown: ({ kind }, error) => !this.#reflectors.has(kind) && this.#failing(kind, error),
      },
      this.#reflectorOptions,
    );
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    for (const resource of resources) {
      if (!customKinds.includes(resource)) this.#read(resource, resource.versions[0]);
    }
    this.#discovery.start();
    this.#definitions.start();
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#updates.stop();
    const running = [this.#discovery, this.#definitions, ...this.#reflectors.values()];
    await Promise.all([...running.map((part) => part.stop()), ...this.#endings]);
  }

  status(): readonly SourceStatus[] {
    return [...this.#status.values()];
  }

  #read(resource: Resource, version: string): void {
    const { kind } = resource;
    const path = `${resource.group === '' ? '/api' : '/apis'}/${apiVersionOf(resource.group, version)}/${resource.plural}`;
    const known = this.#reflectors.get(kind);
    if (known?.path === path) return;
    const sink: ReflectorSink = {
      put: (key, object) => this.#put(resource, version, key, object),
      remove: (key) => this.#remove(kind, key),
      live: () => this.#live(kind),
      failing: (error) => {
        this.#failing(kind, error);
        if (customKinds.includes(resource) && error instanceof ApiError && error.code === 404) this.#discovery.look();
      },
    };
    if (known !== undefined) {
      known.follow(path, sink);
      return;
    }
    const reflector = new Reflector(path, sink, this.#reflectorOptions);
    this.#reflectors.set(kind, reflector);
    reflector.start();
  }

  #forget(kind: ObjectKind, why: string): void {
    const reflector = this.#reflectors.get(kind);
    if (reflector !== undefined) {
      this.#reflectors.delete(kind);
      const ending = reflector.stop().finally(() => this.#endings.delete(ending));
      this.#endings.add(ending);
      for (const key of reflector.keys()) this.#remove(kind, key);
    }
    this.#settle(kind, 'absent', why);
  }

  #put(resource: Resource, version: string, key: NamespacedName, raw: RawObject): void {
    const now = this.#clock.now();
    const decoded = decodeResource(resource, version, raw);
    if (decoded.outcome === 'ignored') return;
    // What was not understood keeps its last good state.
    if (decoded.outcome === 'object') this.#store.stage(decoded.change, now);
    this.#store.report(`${resource.kind}/${key}`, decoded.problems, now);
    this.#updates.request();
  }

  #remove(kind: ObjectKind, key: NamespacedName): void {
    const now = this.#clock.now();
    this.#store.stage({ kind, key, object: undefined }, now);
    this.#store.report(`${kind}/${key}`, [], now);
    this.#updates.request();
  }

  #live(kind: ObjectKind): void {
    const returned = this.#status.get(kind)?.condition === 'stale';
    this.#settle(kind, 'live', '');
    if (!returned) return;
    // Whom one part can reach again, the others can too: they need not wait for the time of their next try.
    for (const [other, reflector] of this.#reflectors) {
      if (this.#status.get(other)?.condition === 'stale') reflector.retryNow();
    }
    this.#definitions.retryNow();
    this.#discovery.look();
  }

  #settle(kind: ObjectKind, condition: 'live' | 'absent', message: string): void {
    this.#tell(kind, condition, message);
    this.#settled.add(kind);
    if (this.#complete || this.#settled.size < objectKinds.length) return;
    this.#complete = true;
    this.#updates.request();
  }

  #failing(kind: ObjectKind, error: Error): void {
    const before = this.#status.get(kind)?.condition;
    this.#tell(kind, before === 'live' || before === undefined ? 'stale' : before, describe(error));
  }

  #tell(kind: ObjectKind, condition: SourceCondition, message: string): void {
    const before = this.#status.get(kind);
    if (before?.condition === condition && before.message === message) return;
    const status = { part: kind, condition, message };
    this.#status.set(kind, status);
    this.#listener?.onStatus(status);
  }

  #publish(): void {
    if (!this.#complete || this.#listener === undefined) return;
    const update = this.#store.publish();
    if (update !== undefined) this.#listener.onUpdate(update);
  }
}

/** Connection errors to a name with several addresses have their message inside. */
function describe(error: Error): string {
  if (error.message !== '') return error.message;
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error.name;
}
