import type { Clock } from '../../lib/clock.ts';
import type { JsonMap } from '../../lib/json.ts';
import { type NamespacedName, namespacedName } from '../../objects/object-ref.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { backoff } from './backoff.ts';
import { Pause } from './pause.ts';

/** An object as the API server sends it: nothing but its metadata is known. In lists it does not say what it is. */
export interface RawObject extends JsonMap {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface ReflectorSink {
  /** The object is new or has changed. */
  readonly put: (key: NamespacedName, object: RawObject) => void;
  readonly remove: (key: NamespacedName) => void;
  /** Everything there is has been put, and changes are being followed (again). */
  readonly live: () => void;
  /** The server cannot be read; what was put stays, and it is tried again for ever. */
  readonly failing: (error: Error) => void;
}

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Of [0, 1): spreads what many clients would otherwise do at the same moment. */
  readonly random: () => number;
  /** Media type to ask for, where not the whole objects are wanted. */
  readonly accept?: string;
}

/** Milliseconds. An API server restart takes seconds, so the first tries come soon. */
const retries = { first: 200, longest: 15_000 };

/** A server that says no will go on saying it until somebody changes a role. */
const refusedRetries = { first: 5_000, longest: 60_000 };

/** Milliseconds that a watch must have lived before its end counts as the normal end of a watch. */
const normalLife = 5_000;

/** Objects of one page of a list, so that memory follows what is kept of objects and not what is sent of them. */
const pageSize = 500;

/** Seconds. The server ends a watch after this, and we come back where it ended; 5 to 10 minutes, as other clients do. */
const watchSeconds = (random: () => number): number => Math.round(300 + 300 * random());

/** Milliseconds. Servers that send bookmarks do so about every minute: after two without, nobody is there. */
const bookmarkSilence = 150_000;

/**
 * Keeps a copy of one collection up to date: a list, then a watch that continues where the list, or the watch before,
 * ended. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 *
 * Of each object only its key and resource version are kept here; with them a new list after a lost history is compared
 * to what is known, so that only what differs is put, and nothing is removed before the list is complete.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  #sink: ReflectorSink;
  readonly #known = new Map<NamespacedName, string>();
  readonly #stopping = new AbortController();
  readonly #pause: Pause;
  #path: string;
  #resourceVersion: string | undefined;
  /** Whether to ask for the list as the beginning of a watch. Until a server says that it does not do that. */
  #streamingList = true;
  #bookmarks = false;
  #failures = 0;
  /** Whether the history was found gone since the last success. */
  #relisted = false;
  #attempt: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(path: string, sink: ReflectorSink, options: ReflectorOptions) {
    this.#path = path;
    this.#sink = sink;
    this.#options = options;
    this.#pause = new Pause(options.clock);
  }

  get path(): string {
    return this.#path;
  }

  /** The keys of all objects that were put and not removed. */
  keys(): IterableIterator<NamespacedName> {
    return this.#known.keys();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Reads the same objects from another path, as when another version of their kind is served now. All are put anew:
   * what they say may be the same, but is said differently.
   */
  follow(path: string, sink: ReflectorSink): void {
    this.#path = path;
    this.#sink = sink;
    for (const key of this.#known.keys()) this.#known.set(key, '');
    this.#resourceVersion = undefined;
    this.#attempt?.abort();
    this.retryNow();
  }

  /** Ends a wait after a failure early, when there is reason to believe that the next try will succeed. */
  retryNow(): void {
    this.#pause.end();
  }

  /** No sink call comes after this call. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#attempt?.abort();
    this.retryNow();
    await this.#running;
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const attempt = new AbortController();
      this.#attempt = attempt;
      try {
        if (this.#resourceVersion === undefined && !this.#streamingList) await this.#list(attempt.signal);
        await this.#watch(attempt.signal);
      } catch (error) {
        if (this.#stopped) return;
        if (!attempt.signal.aborted) await this.#recover(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async #recover(error: Error): Promise<void> {
    const code = error instanceof ApiError ? error.code : undefined;
    if (this.#streamingList && this.#resourceVersion === undefined && (code === 400 || code === 422)) {
      this.#streamingList = false;
      return;
    }
    if (code === 410 || isTooLarge(error)) {
      // The history since our version is gone: only a new list tells what happened. It is the normal course of things
      // after an outage, and becomes a failure only when the new list did not help.
      this.#resourceVersion = undefined;
      if (!this.#relisted) {
        this.#relisted = true;
        return;
      }
    }
    this.#failures++;
    this.#sink.failing(error);
    const refused = code === 401 || code === 403;
    const wait = backoff(this.#failures, refused ? refusedRetries : retries, this.#options.random);
    await this.#pause.wait(Math.max(wait, error instanceof ApiError ? (error.retryAfter ?? 0) : 0));
  }

  /** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
  async #list(signal: AbortSignal): Promise<void> {
    const seen = new Set<NamespacedName>();
    let position = '';
    let resourceVersion: string;
    do {
      const query = { limit: String(pageSize), ...(position === '' ? {} : { continue: position }) };
      const page = (await this.#options.client.get(this.#path, query, signal)) as RawList;
      signal.throwIfAborted();
      for (const item of page.items ?? []) {
        this.#put(item);
        seen.add(keyOf(item));
      }
      resourceVersion = page.metadata.resourceVersion;
      position = page.metadata.continue ?? '';
    } while (position !== '');
    this.#completed(seen, resourceVersion);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, clock, random, accept } = this.#options;
    const startedAt = clock.now();
    const seconds = watchSeconds(random);
    // https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
    const initial = this.#resourceVersion === undefined ? new Set<NamespacedName>() : undefined;
    let listing = initial;
    await client.stream({
      path: this.#path,
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(seconds),
        ...(this.#resourceVersion === undefined
          ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
          : { resourceVersion: this.#resourceVersion }),
      },
      ...(accept === undefined ? {} : { accept }),
      signal,
      silence: () => (this.#bookmarks ? bookmarkSilence : (seconds + 15) * 1000),
      onOpen: () => {
        if (listing === undefined) this.#sink.live();
      },
      onValue: (value) => {
        if (signal.aborted) return;
        const { type, object } = watchEvent(value);
        switch (type) {
          case 'ADDED':
          case 'MODIFIED':
            this.#put(object);
            listing?.add(keyOf(object));
            break;
          case 'DELETED':
            this.#remove(keyOf(object));
            listing?.delete(keyOf(object));
            break;
          case 'BOOKMARK':
            if (object.metadata.annotations?.['k8s.io/initial-events-end'] !== 'true') {
              this.#bookmarks = true;
            } else if (listing !== undefined) {
              this.#completed(listing, object.metadata.resourceVersion);
              listing = undefined;
            }
            break;
          case 'ERROR':
            throw ApiError.fromStatus(object, 500);
        }
        if (listing !== undefined) return;
        this.#resourceVersion = object.metadata.resourceVersion;
        if (initial === undefined) this.#succeeded();
      },
    });
    if (clock.now() - startedAt >= normalLife) this.#succeeded();
    else if (!signal.aborted) throw new Error('the API server ended the watch at once');
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#relisted = false;
  }

  #completed(seen: ReadonlySet<NamespacedName>, resourceVersion: string): void {
    for (const key of this.#known.keys()) {
      if (!seen.has(key)) this.#remove(key);
    }
    this.#resourceVersion = resourceVersion;
    this.#sink.live();
  }

  #put(object: RawObject): void {
    const key = keyOf(object);
    const { resourceVersion } = object.metadata;
    if (this.#known.get(key) === resourceVersion) return;
    this.#known.set(key, resourceVersion);
    this.#sink.put(key, object);
  }

  #remove(key: NamespacedName): void {
    if (this.#known.delete(key)) this.#sink.remove(key);
  }
}

interface RawList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly RawObject[];
}

const keyOf = ({ metadata }: RawObject): NamespacedName => namespacedName(metadata.namespace ?? '', metadata.name);

/** Checks what a line must have before anything of it is believed. */
function watchEvent(value: unknown): { readonly type: string; readonly object: RawObject } {
  const { type, object } = (value ?? {}) as { readonly type?: unknown; readonly object?: Partial<RawObject> };
  if (typeof type !== 'string' || typeof object !== 'object' || object === null) throw new Error(garbage);
  if (type !== 'ERROR' && typeof object.metadata?.resourceVersion !== 'string') throw new Error(garbage);
  return { type, object: object as RawObject };
}

const garbage = 'the API server sent something that is not a watch event';

/** The server has fewer changes than we have seen: it was restored from a backup, or lags behind. */
const isTooLarge = (error: Error): boolean => error.message.includes('Too large resource version');
