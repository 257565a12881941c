import { byFirst, byString } from '../lib/order.ts';
import { byRef, describeRef, type ObjectRef } from '../objects/object-ref.ts';
import type { ReasonCode } from './reason-codes.ts';

/** Something a user wrote that does not do all it seems to: what, where, and why. Never an exception. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly reason: ReasonCode;
  readonly object: ObjectRef;
  /** Path of the field, as in `spec.backends[1].weight`; empty when the whole object is meant. */
  readonly field: string;
  /** One sentence for the person who wrote it: what was found, and what happens because of it. */
  readonly message: string;
  /** Where it was read, for sources that know: `path/to/file.yaml:12`. */
  readonly location?: string;
}

export const byDiagnostic: (a: Diagnostic, b: Diagnostic) => number = byFirst(
  (a, b) => byRef(a.object, b.object),
  (a, b) => byString(a.field, b.field),
  (a, b) => byString(a.reason, b.reason),
  (a, b) => byString(a.message, b.message),
);

/** `reviews.yaml:12: TrafficSplit bookstore/reviews: spec.backends[1].weight: … (InvalidWeight)` */
export const formatDiagnostic = (diagnostic: Diagnostic): string =>
  [
    ...(diagnostic.location === undefined ? [] : [diagnostic.location]),
    describeRef(diagnostic.object),
    ...(diagnostic.field === '' ? [] : [diagnostic.field]),
    `${diagnostic.message} (${diagnostic.reason})`,
  ].join(': ');
