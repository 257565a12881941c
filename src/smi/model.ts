/**
 * One canonical shape for each SMI kind: what every version of it decodes to (rule R1). Canonical means the meaning of
 * the storage version, not its spelling: weights are integers, header lists are pairs, missing lists are empty.
 */
import type { ObjectMeta } from '../objects/object-meta.ts';

export interface TrafficSplit {
  readonly meta: ObjectMeta;
  /** `spec.service` as written: a short name, `name.namespace` or an FQDN. */
  readonly service: string;
  /** As written, in order. Weights are whole numbers whose sum is at most 2^32-1; only their ratio means anything. */
  readonly backends: readonly { readonly service: string; readonly weight: number }[];
  /** Names of HTTPRouteGroups in the split's own namespace. Empty: the split applies to everything. */
  readonly matches: readonly string[];
}

export type RuleKind = 'HTTPRouteGroup' | 'TCPRoute' | 'UDPRoute';

export interface TrafficTarget {
  readonly meta: ObjectMeta;
  /** Its name is empty where none was written: it means no pod. */
  readonly destination: Subject;
  /** `destination.port`, of v1alpha1 and v1alpha2 but honoured in any: every rule is restricted to it (rules R3, R5). */
  readonly destinationPort: number | undefined;
  /**
   * A rule that could not be understood has no name here: what it refers to is found nowhere, so it allows nothing. Not
   * even knowing its kind makes it a `TCPRoute`, which restricts the HTTP rules beside it (rule R37), as it may have been
   * meant to.
   */
  readonly rules: readonly {
    readonly kind: RuleKind;
    readonly name: string;
    /** Names of matches; `undefined` is all of the group's (rule R35), an empty list is none of them. */
    readonly matches: readonly string[] | undefined;
  }[];
  readonly sources: readonly Subject[];
}

export interface Subject {
  readonly kind: 'ServiceAccount' | 'IdentityBinding';
  /** Never empty: the object's own namespace where none was written (rule R33). */
  readonly namespace: string;
  readonly name: string;
}

export interface IdentityBinding {
  readonly meta: ObjectMeta;
  /** Labels that a pod must all have; a pod that any of them selects is meant. Never an empty set of labels. */
  readonly podSelectors: readonly Readonly<Record<string, string>>[];
  /** Without the `spiffe://` prefix, as the draft writes them. */
  readonly spiffeIdentities: readonly string[];
  readonly serviceAccount: string | undefined;
}

export interface HTTPRouteGroup {
  readonly meta: ObjectMeta;
  readonly matches: readonly HTTPRouteMatch[];
}

export interface HTTPRouteMatch {
  readonly name: string;
  readonly pathRegex: string | undefined;
  /** Empty: any method. `*` has become empty. */
  readonly methods: readonly string[];
  /** Every one must match. Names are lower case; `host` is kept as such. */
  readonly headers: readonly { readonly name: string; readonly regex: string }[];
}

/** TCPRoute and UDPRoute. */
export interface PortRoute {
  readonly meta: ObjectMeta;
  /** Empty: every port. */
  readonly ports: readonly number[];
}
