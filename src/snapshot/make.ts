import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { EnvoyLayer, EnvoyResource, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { referencesOf } from '../envoy/references.ts';
import { type ResourceType, resourceTypes, resourceTypeTable } from '../envoy/resource-type.ts';
import { differingKeys } from '../lib/differing-keys.ts';
import { contentHash } from '../lib/hash.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import type { Resource, Version } from './resource.ts';
import { emptyResourceSet, type Layer, type ResourceSet, type ResourcesByName } from './snapshot.ts';

/** What is wrong with a resource by Envoy's own rules, one sentence each; empty when nothing is. */
export type Validate = (resource: EnvoyResource) => readonly string[];

function encode({ type, name, message, origins }: EnvoyResource): Resource {
  const encodeMessage = resourceTypeTable[type].encode as (message: unknown) => Uint8Array;
  return makeResource(type, name, encodeMessage(message), origins);
}

/** A resource of bytes that are there already, for those who use the xDS server without the rest of the program. */
export const makeResource = (
  type: ResourceType,
  name: string,
  bytes: Uint8Array,
  origins: readonly ObjectRef[] = [],
): Resource => ({
  type,
  name,
  version: contentHash(bytes) as Version,
  bytes,
  references: referencesOf(type, name, bytes),
  origins,
});

/** A set of the given resources, for those who use the xDS server without the rest of the program. */
export function makeResourceSet(resources: Iterable<Resource>): ResourceSet {
  const maps = new Map<ResourceType, Map<string, Resource>>();
  for (const resource of resources) {
    const map = maps.get(resource.type) ?? new Map<string, Resource>();
    maps.set(resource.type, map.set(resource.name, resource));
  }
  return { ...emptyResourceSet, ...Object.fromEntries(maps) };
}

/** What was made of one lineage last, to compare with and to fall back to. */
interface Made {
  readonly source: EnvoyResourceSet;
  readonly types: { readonly [T in ResourceType]: MadeType };
  readonly resources: ResourceSet;
  readonly diagnostics: readonly Diagnostic[];
}

interface MadeType {
  readonly source: ReadonlyMap<string, EnvoyResource>;
  readonly resources: ResourcesByName;
  /** What is wrong with those that are not given, or not in their newest form, by name. */
  readonly withheld: ReadonlyMap<string, readonly Diagnostic[]>;
}

const nothingMade: MadeType = { source: new Map(), resources: new Map(), withheld: new Map() };

/**
 * Makes layers of Envoy's messages: validated, encoded, content-addressed. A *lineage* is the history of one layer
 * (`shared`, or a proxy's own): a resource that fails validation is withheld, and the last good one of that lineage,
 * type and name stays in its place. What did not change comes out as the same object: resource, map, set and layer.
 */
export class LayerMaker {
  readonly #validate: Validate;
  readonly #made = new Map<string, Made>();
  readonly #layers = new Map<string, { readonly names: Layer['names']; readonly layer: Layer }>();

  constructor(validate: Validate) {
    this.#validate = validate;
  }

  /** The layer made of the lineage's newest messages. */
  make(lineage: string, { resources: source, names }: EnvoyLayer): Layer {
    const resources = this.makeResources(lineage, source);
    const last = this.#layers.get(lineage);
    if (last !== undefined && last.names === names && last.layer.resources === resources) return last.layer;
    const layer: Layer = { resources, names };
    this.#layers.set(lineage, { names, layer });
    return layer;
  }

  /** The same, of a set that several layers show parts of: what is shared is made once, then each gives its names. */
  makeResources(lineage: string, source: EnvoyResourceSet): ResourceSet {
    const last = this.#made.get(lineage);
    if (last?.source === source) return last.resources;
    const types = Object.fromEntries(
      resourceTypes.map((type) => [type, this.#makeType(source[type], last?.types[type] ?? nothingMade)]),
    ) as unknown as Made['types'];
    const same = last !== undefined && resourceTypes.every((type) => types[type].resources === last.resources[type]);
    const resources = same
      ? last.resources
      : (Object.fromEntries(resourceTypes.map((type) => [type, types[type].resources])) as unknown as ResourceSet);
    const diagnostics = resourceTypes.flatMap((type) => [...types[type].withheld.values()].flat());
    this.#made.set(lineage, { source, types, resources, diagnostics });
    return resources;
  }

  /** Ends a lineage: its last good resources are forgotten. */
  forget(lineage: string): void {
    this.#made.delete(lineage);
    this.#layers.delete(lineage);
  }

  /** What is withheld now, said of the objects that each resource came from. */
  diagnostics(): readonly Diagnostic[] {
    return [...this.#made.values()].flatMap(({ diagnostics }) => diagnostics);
  }

  #makeType(source: ReadonlyMap<string, EnvoyResource>, last: MadeType): MadeType {
    if (last.source === source) return last;
    const differing = differingKeys(last.source, source);
    if (differing.size === 0) return { ...last, source };
    const resources = new Map(last.resources);
    const withheld = new Map(last.withheld);
    let changed = false;
    for (const name of differing) {
      const message = source.get(name);
      const lastGood = last.resources.get(name);
      const wrong = message === undefined ? [] : this.#validate(message);
      let resource: Resource | undefined;
      if (message === undefined || wrong.length === 0) {
        resource = message === undefined ? undefined : encode(message);
        withheld.delete(name);
      } else {
        resource = lastGood;
        withheld.set(
          name,
          wrong.flatMap((sentence) => sayInvalid(message, sentence, lastGood !== undefined)),
        );
      }
      if (sameContent(lastGood, resource)) continue;
      changed = true;
      if (resource === undefined) resources.delete(name);
      else resources.set(name, resource);
    }
    return { source, resources: changed ? resources : last.resources, withheld };
  }
}

/** Equal in all that anybody can see of it; the origins are part of it, since a rejection is reported by them. */
const sameContent = (a: Resource | undefined, b: Resource | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.version === b.version &&
    a.origins.length === b.origins.length &&
    a.origins.every((origin, index) => sameRef(origin, b.origins[index])));

const sameRef = (a: ObjectRef, b: ObjectRef | undefined): boolean =>
  a === b || (a.kind === b?.kind && a.group === b.group && a.namespace === b.namespace && a.name === b.name);

const sayInvalid = ({ type, name, origins }: EnvoyResource, sentence: string, lastGoodStays: boolean): Diagnostic[] =>
  origins.map((object) => ({
    severity: 'error',
    reason: 'ResourceInvalid',
    object,
    field: '',
    message: `Envoy would reject the ${type} ${name} made from it: ${sentence}; ${
      lastGoodStays ? 'its last good version stays' : 'it is left out'
    }`,
  }));
