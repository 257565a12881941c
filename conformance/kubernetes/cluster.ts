import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { resources } from '../../src/cluster/resources.ts';
import type { Credentials } from '../../src/sources/kubernetes/credentials.ts';
import type { ControlPlane } from '../lib/control-plane.ts';
import { eventually } from '../lib/eventually.ts';

/** A Kubernetes object in the words of its manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const definitionsFolder = join(import.meta.dirname, '..', '..', 'manifests', 'crds');

/** The CRDs that an administrator applies, by name. */
export const crds: ReadonlyMap<string, Manifest> = new Map(
  readdirSync(definitionsFolder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(readFileSync(join(definitionsFolder, file), 'utf8')) as Manifest)
    .map((crd) => [crd.metadata.name, crd]),
);

/** What the tests do to a cluster, as `kubectl` would. */
export class Cluster {
  readonly plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  /** For a source that reads this cluster, straight or through `server`. */
  async credentials(server = this.plane.url, user = 'admin'): Promise<Credentials> {
    const config = this.plane.kubeConfig(user);
    return {
      server,
      ca: this.plane.certificateAuthority,
      headers: { Authorization: `Bearer ${config.getCurrentUser()?.token}` },
    };
  }

  async create(manifest: Manifest): Promise<void> {
    const answer = await this.plane.request('POST', collectionPath(manifest), manifest);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  }

  pathOf(manifest: Manifest): string {
    return `${collectionPath(manifest)}/${manifest.metadata.name}`;
  }

  /** Merges fields into an object. */
  async patch(manifest: Manifest): Promise<void> {
    const path = this.pathOf(manifest);
    const answer = await this.plane.request('PATCH', path, manifest, { contentType: 'application/merge-patch+json' });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  async remove(manifest: Manifest): Promise<void> {
    const answer = await this.plane.request('DELETE', this.pathOf(manifest));
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  async createNamespace(name: string): Promise<void> {
    await this.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  /** Makes CRDs, all of them where none is named, and waits until objects of them can be made. */
  async define(...names: readonly string[]): Promise<void> {
    const wanted = names.length === 0 ? [...crds.keys()] : names;
    for (const name of wanted) {
      const crd = crds.get(name);
      assert.ok(crd !== undefined, `no CRD ${name} in manifests/crds`);
      const answer = await this.plane.request('POST', definitions, crd);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
    }
    await Promise.all(wanted.map((name) => this.#served(name)));
  }

  async undefine(name: string): Promise<void> {
    await this.plane.request('DELETE', `${definitions}/${name}`);
    await eventually(`the CRD ${name} to be gone`, async () => {
      return (await this.plane.request('GET', `${definitions}/${name}`)).status === 404;
    });
  }

  /** Changes one version of a CRD. */
  async patchDefinition(name: string, version: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const { body } = await this.plane.request('GET', `${definitions}/${name}`);
    const versions = (body as CrdManifest).spec.versions.map((each) =>
      each.name === version ? { ...each, ...fields } : each,
    );
    const options = { contentType: 'application/merge-patch+json' };
    const answer = await this.plane.request('PATCH', `${definitions}/${name}`, { spec: { versions } }, options);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  async #served(name: string): Promise<void> {
    const { group, versions } = (crds.get(name) as unknown as CrdManifest).spec;
    const plural = name.slice(0, name.indexOf('.'));
    for (const version of versions) {
      await eventually(`${name} to be served`, async () => {
        return (await this.plane.request('GET', `/apis/${group}/${version.name}/${plural}?limit=1`)).status === 200;
      });
    }
  }
}

interface CrdManifest {
  readonly spec: { readonly group: string; readonly versions: readonly { readonly name: string }[] };
}

function collectionPath({ apiVersion, kind, metadata }: Manifest): string {
  const resource = resources.find((each) => each.kind === kind);
  assert.ok(resource !== undefined, `no resource of kind ${kind} is read`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
  return `${root}${scope}/${resource.plural}`;
}
