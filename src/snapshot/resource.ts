import type { Reference } from '../envoy/references.ts';
import type { ResourceType } from '../envoy/resource-type.ts';
import type { Brand } from '../lib/brand.ts';
import type { ObjectRef } from '../objects/object-ref.ts';

/** Hash of a resource's bytes: equal on every replica, and no two contents share one. */
export type Version = Brand<string, 'Version'>;

/** A validated resource in its final bytes, which all streams share. */
export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
  readonly version: Version;
  /** The encoded message, without its `Any` envelope. */
  readonly bytes: Uint8Array;
  /** The resources that must be there for this one to work. */
  readonly references: readonly Reference[];
  readonly origins: readonly ObjectRef[];
}
