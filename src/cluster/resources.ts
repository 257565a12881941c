import type { ApiGroup } from '../objects/object-ref.ts';
import { type SmiKind, smiKinds } from '../smi/kinds.ts';
import type { ObjectKind } from './cluster-state.ts';

/** A resource of the Kubernetes API that is read. */
export interface Resource {
  readonly kind: ObjectKind;
  readonly group: ApiGroup;
  readonly plural: string;
  /** Those that are understood; the first that a server offers is the one to read. */
  readonly versions: readonly [string, ...string[]];
  readonly namespaced: boolean;
}

/** The stored version first, as it needs no conversion; then the later before the earlier, which can say less. */
const smiResource = ({ kind, group, plural, versions, storage }: SmiKind): Resource => ({
  kind,
  group,
  plural,
  versions: [storage, ...versions.filter((version) => version !== storage).reverse()],
  namespaced: true,
});

/** Every resource that is read, whichever the source. */
export const resources: readonly Resource[] = [
  { kind: 'Namespace', group: '', plural: 'namespaces', versions: ['v1'], namespaced: false },
  { kind: 'ServiceAccount', group: '', plural: 'serviceaccounts', versions: ['v1'], namespaced: true },
  { kind: 'Service', group: '', plural: 'services', versions: ['v1'], namespaced: true },
  { kind: 'EndpointSlice', group: 'discovery.k8s.io', plural: 'endpointslices', versions: ['v1'], namespaced: true },
  { kind: 'Pod', group: '', plural: 'pods', versions: ['v1'], namespaced: true },
  ...Object.values(smiKinds).map(smiResource),
];

/** `v1`, or `split.smi-spec.io/v1alpha4`: a version as objects name theirs. */
export const apiVersionOf = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;
