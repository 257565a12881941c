import type { Brand } from '../lib/brand.ts';
import { byFirst, byString } from '../lib/order.ts';

/** The API groups that smi-envoy reads. The core group is the empty string, as in Kubernetes. */
export type ApiGroup = '' | 'discovery.k8s.io' | 'split.smi-spec.io' | 'access.smi-spec.io' | 'specs.smi-spec.io';

/** Names one Kubernetes object, whatever version it was read in. Cluster-scoped objects have an empty namespace. */
export interface ObjectRef {
  readonly group: ApiGroup;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`. Neither part can contain a slash, so the two halves are never ambiguous. */
export type NamespacedName = Brand<string, 'NamespacedName'>;

export const namespacedName = (namespace: string, name: string): NamespacedName =>
  `${namespace}/${name}` as NamespacedName;

/** `TrafficSplit bookstore/reviews`: how an object is named in messages to people, as far as its name is known. */
export const describeRef = ({ kind, namespace, name }: ObjectRef): string => {
  if (name === '') return `${kind} without a name`;
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
};

/** `split.smi-spec.io/TrafficSplit/bookstore/reviews`: how an object is named where machines read it. */
export const refKey = (ref: ObjectRef): string =>
  [ref.group, ref.kind, ref.namespace, ref.name].filter((part) => part !== '').join('/');

export const byRef: (a: ObjectRef, b: ObjectRef) => number = byFirst(
  (a, b) => byString(a.group, b.group),
  (a, b) => byString(a.kind, b.kind),
  (a, b) => byString(a.namespace, b.namespace),
  (a, b) => byString(a.name, b.name),
);
