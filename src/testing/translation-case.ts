/** One golden case of the translation, from the text of its YAML to everything that each sidecar is given. */
import { parse, parseAllDocuments } from 'yaml';
import { applyChanges, type ClusterState, emptyClusterState } from '../cluster/cluster-state.ts';
import { decodeObject, objectsIn } from '../cluster/decode.ts';
import { byDiagnostic, type Diagnostic, formatDiagnostic } from '../diagnostics/diagnostic.ts';
import type { EnvoyLayer, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { printResource } from '../envoy/print.ts';
import { resourceTypes } from '../envoy/resource-type.ts';
import { Redacted } from '../lib/redacted.ts';
import { createMeshBuilder } from '../mesh/build.ts';
import type { MeshModel, Workload } from '../mesh/model.ts';
import { defaultMeshOptions, type MeshOptions } from '../mesh/options.ts';
import { printMesh } from '../mesh/print.ts';
import { defaultTranslationOptions, type TranslationOptions } from '../translators/options.ts';
import type { Credentials } from '../translators/secrets.ts';
import { createTranslator, type Translation } from '../translators/translator.ts';
import { deepFreeze } from './deep-freeze.ts';
import { compactYaml, type Fragments, nameFragments } from './fragments.ts';

/** Pods of a case have a transparent sidecar unless they say otherwise, so that the cases need not. */
const caseMeshOptions: MeshOptions = { ...defaultMeshOptions, defaultSidecar: 'transparent' };

export interface TranslationCase {
  readonly mesh: MeshModel;
  readonly translation: Translation;
  /** Of reading and of building; sorted. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The input files of a case. The second may set some of `MeshOptions` (`mesh`) and `TranslationOptions` (`translation`). */
export const caseInputs = ['input.yaml', 'options.yaml'] as const;

/** `order` puts the documents in another order than they are written in. What comes out must not depend on it. */
export function translateCase(
  input: string,
  optionsText: string | undefined,
  order: <T>(documents: readonly T[]) => readonly T[] = (documents) => documents,
): TranslationCase {
  const options = (optionsText === undefined ? {} : parse(optionsText)) as {
    readonly mesh?: Partial<MeshOptions>;
    readonly translation?: Partial<TranslationOptions>;
  };
  return translateObjects(order(parseAllDocuments(input).map((document): unknown => document.toJS())), options);
}

/** The same, of objects as they were parsed. */
export function translateObjects(
  documents: readonly unknown[],
  options: { readonly mesh?: Partial<MeshOptions>; readonly translation?: Partial<TranslationOptions> } = {},
): TranslationCase {
  const state = deepFreeze(readState(documents));
  const mesh = deepFreeze(createMeshBuilder({ ...caseMeshOptions, ...options.mesh })(state));
  const translation = createTranslator({ ...defaultTranslationOptions, ...options.translation })(mesh);
  return { mesh, translation, diagnostics: [...state.problems, ...mesh.diagnostics].sort(byDiagnostic) };
}

function readState(documents: readonly unknown[]): ClusterState {
  let state = emptyClusterState;
  const problems: Diagnostic[] = [];
  for (const object of documents.flatMap(objectsIn)) {
    const decoded = decodeObject(object);
    if (decoded.outcome === 'ignored') continue;
    problems.push(...decoded.problems);
    if (decoded.outcome === 'object') state = applyChanges(state, [decoded.change]);
  }
  return applyChanges(state, [], problems.sort(byDiagnostic));
}

/** What stands for credentials where only their place matters. */
const placeholderCredentials = (workload: Workload): Credentials => ({
  certificateChain: `certificate of ${workload.identity}`,
  privateKey: new Redacted('private key'),
  trustBundle: 'roots of the mesh',
});

/** Everything that a case comes to, for people to read, by file. Fragments that it contains are added to `used`. */
export function printCase(
  { mesh, translation, diagnostics }: TranslationCase,
  fragments: Fragments,
  used?: Set<string>,
): ReadonlyMap<string, string> {
  const print = (value: unknown) => compactYaml(nameFragments(value, fragments, used));
  const files = new Map<string, string>();
  files.set('mesh.yaml', compactYaml(printMesh(mesh)));
  files.set('diagnostics.txt', diagnostics.map((each) => `${formatDiagnostic(each)}\n`).join(''));
  const shared: Record<string, EnvoyResourceSet> = { services: translation.services };
  for (const workload of mesh.workloads.values()) {
    const { mode } = workload.sidecar;
    shared[mode] = translation[mode];
    const layers = translation.layersFor(workload, placeholderCredentials(workload));
    files.set(`envoy/${workload.pod.namespace}.${workload.pod.name}.yaml`, print(printLayers(layers)));
  }
  for (const [name, set] of Object.entries(shared)) files.set(`envoy/${name}.yaml`, print(printSet(set)));
  return files;
}

/** The proxy's own resources in full, and the names of those it shares. */
function printLayers([own, ...shared]: readonly EnvoyLayer[]): unknown {
  const given = Object.fromEntries(
    resourceTypes.map((type) => [
      type,
      shared.flatMap(({ resources, names }) =>
        [...resources[type].keys()].filter((name) => names === 'all' || names.has(name)),
      ),
    ]),
  );
  return {
    given: Object.fromEntries(Object.entries(given).filter(([, names]) => names.length > 0)),
    own: own === undefined ? {} : printSet(own.resources),
  };
}

const printSet = (set: EnvoyResourceSet): unknown =>
  Object.fromEntries(
    resourceTypes
      .filter((type) => set[type].size > 0)
      .map((type) => [type, [...set[type].values()].map((resource) => printResource(resource))]),
  );
