import type { ObjectRef } from '../objects/object-ref.ts';
import type { MessageByType, ResourceType } from './resource-type.ts';

/** One Envoy resource as a message, before it is validated and encoded. Immutable; made once, remembered by identity. */
export type EnvoyResource = {
  readonly [T in ResourceType]: {
    readonly type: T;
    readonly name: string;
    readonly message: MessageByType[T];
    /** The Kubernetes objects it came from: what to blame when an Envoy rejects it. */
    readonly origins: readonly ObjectRef[];
  };
}[ResourceType];

/** Resources by type and name. A type that did not change between two translations is the same map in both. */
export type EnvoyResourceSet = {
  readonly [T in ResourceType]: ReadonlyMap<string, Extract<EnvoyResource, { readonly type: T }>>;
};

/** A set of resources and the names of it that a proxy is given. The same shape as the snapshot's `Layer`, one arrow earlier. */
export interface EnvoyLayer {
  readonly resources: EnvoyResourceSet;
  readonly names: ReadonlySet<string> | 'all';
}
