import { type Resource, resources } from '../../cluster/resources.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { backoff } from './backoff.ts';
import { Pause } from './pause.ts';

export interface KindDiscoveryEvents {
  /** The kind can be read in this version. Said again after each look. */
  readonly onServed: (kind: Resource, version: string) => void;
  /** It is certain that the server does not have the kind, nor objects of it. Said again after each look. */
  readonly onAbsent: (kind: Resource, why: string) => void;
  /** Nothing can be said of the kind at the moment. What was said before still counts. */
  readonly onUnknown: (kind: Resource, error: Error) => void;
}

export interface KindDiscoveryOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Milliseconds between looks while not everything is certain. A CRD is served some 100 ms after it was created. */
const retries = { first: 100, longest: 15_000 };

/** Milliseconds between looks when it is: for servers that do not let us watch their CRDs. */
const interval = 30_000;

/**
 * A server that is starting, or one of several that lags behind, may say that a kind does not exist although it does
 * (https://github.com/kubernetes/kubernetes/issues/115241). Where we may not read the CRD itself, it must go on saying
 * so for this many milliseconds.
 */
const convincing = 5_000;

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export const definitionName = ({ plural, group }: Resource): string => `${plural}.${group}`;

/** Kinds that a server has only when somebody has defined them. */
export const customKinds: readonly Resource[] = resources.filter(({ group }) => group.endsWith('.smi-spec.io'));

/** Finds out, and keeps finding out, which SMI kinds the server has, and in which version each is best read. */
export class KindDiscovery {
  readonly #options: KindDiscoveryOptions;
  readonly #events: KindDiscoveryEvents;
  readonly #stopping = new AbortController();
  readonly #pause: Pause;
  /** Since when the server has been denying that it has the kind. */
  readonly #deniedSince = new Map<Resource, number>();
  #uncertainLooks = 0;
  #wanted = false;
  #running: Promise<void> | undefined;

  constructor(events: KindDiscoveryEvents, options: KindDiscoveryOptions) {
    this.#events = events;
    this.#options = options;
    this.#pause = new Pause(options.clock);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks now, or right after the look that is under way. */
  look(): void {
    this.#wanted = true;
    this.#uncertainLooks = 0;
    this.#pause.end();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pause.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#wanted = false;
      const groups = Map.groupBy(customKinds, ({ group }) => group);
      const certain = await Promise.all([...groups].map(([group, ofGroup]) => this.#lookAt(group, ofGroup)));
      if (signal.aborted) return;
      if (this.#wanted) continue;
      const { random } = this.#options;
      if (certain.every(Boolean)) {
        this.#uncertainLooks = 0;
        await this.#pause.wait(interval * (0.75 + random() / 2));
      } else {
        this.#uncertainLooks++;
        await this.#pause.wait(backoff(this.#uncertainLooks, retries, random));
      }
    }
  }

  /** Whether something certain could be said of every kind. */
  async #lookAt(group: string, ofGroup: readonly Resource[]): Promise<boolean> {
    const { signal } = this.#stopping;
    let certain = true;
    const unknown = (kind: Resource, error: unknown) => {
      certain = false;
      if (!signal.aborted) this.#events.onUnknown(kind, error instanceof Error ? error : new Error(String(error)));
    };
    let served: ReadonlyMap<string, string>;
    try {
      served = await this.#served(group, ofGroup);
    } catch (error) {
      for (const kind of ofGroup) unknown(kind, error);
      return certain;
    }
    for (const kind of ofGroup) {
      const version = served.get(kind.plural);
      if (version !== undefined) {
        this.#deniedSince.delete(kind);
        if (!signal.aborted) this.#events.onServed(kind, version);
        continue;
      }
      try {
        const why = await this.#whyAbsent(kind);
        if (why === undefined) unknown(kind, new Error(`${definitionName(kind)} is not served (yet)`));
        else if (!signal.aborted) this.#events.onAbsent(kind, why);
      } catch (error) {
        unknown(kind, error);
      }
    }
    return certain;
  }

  /** Plural to the version that is best read, of those that the server offers. */
  async #served(group: string, ofGroup: readonly Resource[]): Promise<ReadonlyMap<string, string>> {
    const { client } = this.#options;
    const { signal } = this.#stopping;
    const offered = await orUndefinedIfMissing(client.get(`/apis/${group}`, {}, signal));
    const versions = (offered as ApiGroupAnswer | undefined)?.versions.map(({ version }) => version) ?? [];
    const plurals = new Map<string, ReadonlySet<string>>();
    await Promise.all(
      versions.map(async (version) => {
        const answer = await orUndefinedIfMissing(client.get(`/apis/${group}/${version}`, {}, signal));
        const names = (answer as ApiResourcesAnswer | undefined)?.resources.map(({ name }) => name);
        plurals.set(version, new Set(names));
      }),
    );
    const served = new Map<string, string>();
    for (const { plural, versions: known } of ofGroup) {
      const version = known.find((each) => plurals.get(each)?.has(plural));
      if (version !== undefined) served.set(plural, version);
    }
    return served;
  }

  /** Why discovery does not show the kind, or `undefined` when it may yet. */
  async #whyAbsent(kind: Resource): Promise<string | undefined> {
    const name = definitionName(kind);
    const path = `${definitionsPath}/${name}`;
    try {
      // Unlike discovery, this is read from the storage itself: its word is final.
      const definition = (await this.#options.client.get(path, {}, this.#stopping.signal)) as CrdAnswer;
      const versions = definition.spec.versions.filter(({ served }) => served).map((version) => version.name);
      if (versions.some((version) => kind.versions.includes(version))) return undefined;
      return `the server has it only in versions that we do not know (${versions.join(', ')})`;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 404) return `the server has no CRD ${name}`;
      if (error.code !== 403) throw error;
    }
    const now = this.#options.clock.now();
    const since = this.#deniedSince.get(kind) ?? now;
    this.#deniedSince.set(kind, since);
    return now - since >= convincing ? `the server does not offer ${name}` : undefined;
  }
}

async function orUndefinedIfMissing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}

interface ApiGroupAnswer {
  readonly versions: readonly { readonly version: string }[];
}

interface ApiResourcesAnswer {
  readonly resources: readonly { readonly name: string }[];
}

interface CrdAnswer {
  readonly spec: { readonly versions: readonly { readonly name: string; readonly served: boolean }[] };
}
