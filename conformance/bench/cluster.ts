/** The mesh under measurement, put into a real API server. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ControlPlane } from '../lib/control-plane.ts';
import { eventually } from '../lib/eventually.ts';
import type { KubernetesObject } from './mesh.ts';

const crds = join(import.meta.dirname, '../../manifests/crds');

const plurals: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  EndpointSlice: 'endpointslices',
  Namespace: 'namespaces',
  TrafficSplit: 'trafficsplits',
  TrafficTarget: 'traffictargets',
  HTTPRouteGroup: 'httproutegroups',
  CustomResourceDefinition: 'customresourcedefinitions',
};

/** The path of the collection that an object belongs to. */
export function collectionPath({ apiVersion, kind, metadata }: KubernetesObject): string {
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const plural = plurals[kind];
  if (plural === undefined) throw new Error(`the bench knows no plural of ${kind}`);
  return `${api}${namespace}/${plural}`;
}

async function create(plane: ControlPlane, object: KubernetesObject): Promise<void> {
  const path = collectionPath(object);
  const { status, body } = await plane.request('POST', path, object);
  if (status !== 201) throw new Error(`POST ${path} ${object.metadata.name}: ${status} ${JSON.stringify(body)}`);
  if (object.kind !== 'Pod') return;
  // A pod's status is not taken from what is created.
  const patch = { status: object['status'] };
  const options = { contentType: 'application/merge-patch+json' };
  const patched = await plane.request('PATCH', `${path}/${object.metadata.name}/status`, patch, options);
  if (patched.status !== 200) throw new Error(`${path}/${object.metadata.name}: status ${patched.status}`);
}

export async function installCrds(plane: ControlPlane): Promise<void> {
  for (const file of readdirSync(crds).filter((name) => name.endsWith('.yaml'))) {
    const crd = parse(readFileSync(join(crds, file), 'utf8')) as KubernetesObject;
    await create(plane, crd);
    const path = `${collectionPath(crd)}/${crd.metadata.name}`;
    await eventually(`${crd.metadata.name} to be established`, async () => {
      const { body } = await plane.request('GET', path);
      const { status } = body as { status?: { conditions?: { type: string; status: string }[] } };
      return status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True');
    });
  }
}

/** Creates all objects, some at a time; tells of each hundred. */
export async function createAll(
  plane: ControlPlane,
  objects: readonly KubernetesObject[],
  onProgress: (done: number) => void,
): Promise<void> {
  const [namespaces, others] = [
    objects.filter(({ kind }) => kind === 'Namespace'),
    objects.filter(({ kind }) => kind !== 'Namespace'),
  ];
  for (const namespace of namespaces) await create(plane, namespace);
  let next = 0;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (let object = others[next++]; object !== undefined; object = others[next++]) {
        await create(plane, object);
        if (next % 100 === 0) onProgress(next);
      }
    }),
  );
}
