import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './manifests.ts';

export interface ManifestChange {
  readonly apply?: readonly Manifest[];
  readonly remove?: readonly Manifest[];
}

/** A directory of manifests that changes as a whole: each change is one that is there or not, never half. */
export class ManifestDirectory {
  readonly path: string;
  readonly #draft: string;
  readonly #objects = new Map<string, Manifest>();

  /** Makes `manifests` in the folder. */
  constructor(folder: string, objects: readonly Manifest[]) {
    this.path = join(folder, 'manifests');
    this.#draft = join(folder, 'draft.yaml');
    mkdirSync(this.path);
    this.apply(...objects);
  }

  /** Adds objects, or puts them in the place of those that have their names; and takes others away. */
  change({ apply = [], remove = [] }: ManifestChange): void {
    for (const object of apply) this.#objects.set(keyOf(object), object);
    for (const object of remove) this.#objects.delete(keyOf(object));
    this.#write();
  }

  apply(...objects: readonly Manifest[]): void {
    this.change({ apply: objects });
  }

  remove(...objects: readonly Manifest[]): void {
    this.change({ remove: objects });
  }

  #write(): void {
    // JSON is YAML.
    writeFileSync(this.#draft, [...this.#objects.values()].map((object) => JSON.stringify(object)).join('\n---\n'));
    renameSync(this.#draft, join(this.path, 'mesh.yaml'));
  }
}

const keyOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.namespace}/${metadata.name}`;
