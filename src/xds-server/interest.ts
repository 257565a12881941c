import { IdSet } from '../lib/id-set.ts';

/** The name that stands for all resources of a type.
 *  https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return */
export const wildcardName = '*';

/** What one request changed. */
export interface InterestChange {
  /** Names that the client must now be given, whether or not it was given them before. */
  readonly asked: readonly number[];
  /** Names that the client wanted by name before and no longer does. */
  readonly dropped: readonly number[];
  readonly wildcard: 'joined' | 'left' | 'unchanged';
}

/** What a client wants of one type on one stream: names, everything, or both. */
export class Interest {
  /** Empty requests mean "everything" until the client has named anything; only for types that have a wildcard. */
  readonly #legacyWildcard: boolean;
  #namedAnything = false;
  #wildcard = false;
  #names = new IdSet();

  constructor(legacyWildcard: boolean) {
    this.#legacyWildcard = legacyWildcard;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  get names(): IdSet {
    return this.#names;
  }

  includes(id: number): boolean {
    return this.#wildcard || this.#names.has(id);
  }

  /**
   * State of the world: the request lists everything that the client wants from now on.
   * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#unsubscribing-from-resources
   */
  replace(names: readonly string[], idOf: (name: string) => number): InterestChange {
    const wanted = new IdSet();
    const asked: number[] = [];
    let wildcard = names.length === 0 && this.#isLegacyWildcard();
    for (const name of names) {
      this.#namedAnything = true;
      if (name === wildcardName) {
        wildcard = true;
        continue;
      }
      const id = idOf(name);
      // "the server must resend any newly requested resources, even if it previously sent those resources without
      // having been asked for them and the resources have not changed since that time"
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
      if (wanted.add(id) && !this.#names.has(id)) asked.push(id);
    }
    const dropped: number[] = [];
    for (let id = this.#names.next(0); id >= 0; id = this.#names.next(id + 1)) {
      if (!wanted.has(id)) dropped.push(id);
    }
    this.#names = wanted;
    return { asked, dropped, wildcard: this.#setWildcard(wildcard) };
  }

  /**
   * Incremental: the request adds to and takes from what the client wants.
   * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#subscribing-to-resources
   */
  adjust(subscribe: readonly string[], unsubscribe: readonly string[], idOf: (name: string) => number): InterestChange {
    let wildcard = this.#wildcard || (subscribe.length === 0 && unsubscribe.length === 0 && this.#isLegacyWildcard());
    const asked = new Set<number>();
    for (const name of subscribe) {
      this.#namedAnything = true;
      if (name === wildcardName) {
        wildcard = true;
        continue;
      }
      // Also what it is subscribed to already: "the server must still provide those resources in the response; […] the
      // client may have 'forgotten' those resources despite apparently remaining subscribed".
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#subscribing-to-resources
      const id = idOf(name);
      this.#names.add(id);
      asked.add(id);
    }
    const dropped: number[] = [];
    for (const name of unsubscribe) {
      this.#namedAnything = true;
      if (name === wildcardName) {
        wildcard = false;
        continue;
      }
      // Phantom unsubscriptions are ignored.
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#unsubscribing-from-resources
      const id = idOf(name);
      asked.delete(id);
      if (this.#names.delete(id)) dropped.push(id);
    }
    return { asked: [...asked], dropped, wildcard: this.#setWildcard(wildcard) };
  }

  /**
   * "if the client sends a request for a given resource type but has never explicitly subscribed to any resource names
   * […], the server should treat that identically to how it would treat the client having explicitly subscribed to '*'"
   * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
   */
  #isLegacyWildcard(): boolean {
    return this.#legacyWildcard && !this.#namedAnything;
  }

  #setWildcard(wildcard: boolean): InterestChange['wildcard'] {
    if (wildcard === this.#wildcard) return 'unchanged';
    this.#wildcard = wildcard;
    return wildcard ? 'joined' : 'left';
  }
}
