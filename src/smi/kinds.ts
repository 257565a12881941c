import type { ApiGroup } from '../objects/object-ref.ts';

/** A kind of SMI, in all its versions. */
export interface SmiKind {
  readonly kind: 'TrafficSplit' | 'TrafficTarget' | 'IdentityBinding' | 'HTTPRouteGroup' | 'TCPRoute' | 'UDPRoute';
  readonly group: ApiGroup;
  readonly plural: string;
  readonly shortName: string;
  /** All that are read and served, oldest first. */
  readonly versions: readonly string[];
  /** The canonical version: what is stored, and what every conversion goes through. */
  readonly storage: string;
}

const allAlphas = ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'] as const;

export const smiKinds = {
  TrafficSplit: {
    kind: 'TrafficSplit',
    group: 'split.smi-spec.io',
    plural: 'trafficsplits',
    shortName: 'ts',
    versions: allAlphas,
    storage: 'v1alpha4',
  },
  TrafficTarget: {
    kind: 'TrafficTarget',
    group: 'access.smi-spec.io',
    plural: 'traffictargets',
    shortName: 'tt',
    versions: allAlphas,
    // v1alpha4 of this group is a draft that never became stable.
    storage: 'v1alpha3',
  },
  IdentityBinding: {
    kind: 'IdentityBinding',
    group: 'access.smi-spec.io',
    plural: 'identitybindings',
    shortName: 'ib',
    versions: ['v1alpha4'],
    storage: 'v1alpha4',
  },
  HTTPRouteGroup: {
    kind: 'HTTPRouteGroup',
    group: 'specs.smi-spec.io',
    plural: 'httproutegroups',
    shortName: 'htr',
    versions: allAlphas,
    storage: 'v1alpha4',
  },
  TCPRoute: {
    kind: 'TCPRoute',
    group: 'specs.smi-spec.io',
    plural: 'tcproutes',
    shortName: 'tr',
    versions: allAlphas,
    storage: 'v1alpha4',
  },
  UDPRoute: {
    kind: 'UDPRoute',
    group: 'specs.smi-spec.io',
    plural: 'udproutes',
    shortName: 'ur',
    // The specification has it in v1alpha4 only; written in an older one, it can mean nothing else.
    versions: allAlphas,
    storage: 'v1alpha4',
  },
} as const satisfies { readonly [K in SmiKind['kind']]: SmiKind & { readonly kind: K } };
