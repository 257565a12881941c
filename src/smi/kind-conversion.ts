import type { JsonMap } from '../lib/json.ts';

/** All of an object but `apiVersion`, `kind`, `metadata` and `status`: what differs between versions. */
export type Body = JsonMap;

/**
 * How the versions of a kind differ. Every kind has at most two spellings, that of its storage version and an older
 * one; both functions between them are total, change nothing that both spell alike, and leave what they do not know.
 */
export interface KindConversion {
  /** The versions that have the older spelling. */
  readonly olderSpelling: readonly string[];
  readonly toStorage: (body: Body) => Body;
  readonly fromStorage: (body: Body) => Body;
  readonly kept: readonly KeptField[];
}

/**
 * A field that some versions have no word for. Conversion leaves it where it stands, for clients that pass on what they
 * do not know, and notes it in an annotation as well, for those that do not: where the field is missing on the way back,
 * it is restored from there.
 */
export interface KeptField {
  /** Its key in the annotation. */
  readonly name: string;
  readonly unsayableIn: readonly string[];
  /** The field's value, or `undefined` where there is none. */
  readonly take: (body: Body) => unknown;
  /** The body with what was kept, put where nothing stands. What was kept may be anything: people can edit it. */
  readonly restore: (body: Body, kept: unknown) => Body;
}

const unchanged = (body: Body): Body => body;

/** For kinds whose versions all have one spelling. */
export const oneSpelling = {
  olderSpelling: [],
  toStorage: unchanged,
  fromStorage: unchanged,
} as const satisfies Partial<KindConversion>;
