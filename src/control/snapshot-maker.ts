import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { EnvoyLayer, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { sameElements } from '../lib/memo.ts';
import { LayerMaker, type Validate } from '../snapshot/make.ts';
import type { Layer, ResourceSet, Snapshot } from '../snapshot/snapshot.ts';
import type { Translation } from '../translators/translator.ts';
import type { ProxyId } from '../xds-server/api.ts';

/** The sets of resources that proxies share. */
export type SharedSets = Pick<Translation, 'services' | 'transparent' | 'explicit'>;

/**
 * From Envoy's messages to the snapshot of each proxy. What proxies share is validated and encoded once, and proxies
 * that are given the same part of it have the same layer; a snapshot of which nothing changed is the same object.
 */
export class SnapshotMaker {
  readonly #layers: LayerMaker;
  readonly #made = new Map<ProxyId, { readonly given: readonly EnvoyLayer[]; readonly snapshot: Snapshot }>();
  readonly #views = new WeakMap<ResourceSet, WeakMap<ReadonlySet<string>, Layer>>();
  #shared: ReadonlyMap<EnvoyResourceSet, ResourceSet> = new Map();

  constructor(validate: Validate) {
    this.#layers = new LayerMaker(validate);
  }

  /** From now on, proxies are given parts of these. */
  share(sets: SharedSets): void {
    this.#shared = new Map(
      (['services', 'transparent', 'explicit'] as const).map((name) => [
        sets[name],
        this.#layers.makeResources(`shared ${name}`, sets[name]),
      ]),
    );
  }

  /** The newest snapshot of a proxy, of layers that are its own or parts of what is shared. */
  make(proxy: ProxyId, given: readonly EnvoyLayer[]): Snapshot {
    const last = this.#made.get(proxy);
    if (last?.given === given) return last.snapshot;
    const layers = given.map((layer, index) => {
      const known = layer === last?.given[index] ? last.snapshot.layers[index] : undefined;
      return known ?? this.#makeLayer(proxy, layer);
    });
    const same = last !== undefined && sameElements(last.snapshot.layers, layers);
    const snapshot: Snapshot = same ? last.snapshot : { layers };
    this.#made.set(proxy, { given, snapshot });
    return snapshot;
  }

  last(proxy: ProxyId): Snapshot | undefined {
    return this.#made.get(proxy)?.snapshot;
  }

  forget(proxy: ProxyId): void {
    this.#made.delete(proxy);
    this.#layers.forget(lineageOf(proxy));
  }

  /** What is withheld because Envoy would reject it. */
  diagnostics(): readonly Diagnostic[] {
    return this.#layers.diagnostics();
  }

  #makeLayer(proxy: ProxyId, layer: EnvoyLayer): Layer {
    const shared = this.#shared.get(layer.resources);
    if (shared === undefined || layer.names === 'all') return this.#layers.make(lineageOf(proxy), layer);
    let views = this.#views.get(shared);
    if (views === undefined) {
      views = new WeakMap();
      this.#views.set(shared, views);
    }
    let view = views.get(layer.names);
    if (view === undefined) {
      view = { resources: shared, names: layer.names };
      views.set(layer.names, view);
    }
    return view;
  }
}

const lineageOf = (proxy: ProxyId): string => `proxy ${proxy}`;
