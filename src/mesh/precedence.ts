import { by, byFirst } from '../lib/order.ts';
import type { Named } from './refs.ts';

/**
 * Who comes first where two objects want the same: the oldest, then the first by namespace and name (rule R17). Objects
 * that were never in an API server have no age and count as the oldest. A total order over the objects of one kind.
 */
export const byPrecedence: (a: Named, b: Named) => number = byFirst(
  by(({ meta }) => meta.creationTimestamp ?? ''),
  by(({ meta }) => meta.namespace),
  by(({ meta }) => meta.name),
);
