import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { ReasonCode } from '../diagnostics/reason-codes.ts';
import type { ObjectRef } from '../objects/object-ref.ts';

type Report = (reason: ReasonCode, object: ObjectRef, field: string, message: string) => Diagnostic;

/** What cannot work until somebody edits the object, or fails traffic now. */
export const errorOn: Report = (reason, object, field, message) => ({
  severity: 'error',
  reason,
  object,
  field,
  message,
});

/** What works in part, or may become right by itself when other objects appear. */
export const warningOn: Report = (reason, object, field, message) => ({
  severity: 'warning',
  reason,
  object,
  field,
  message,
});

/** `a`, `a and b`, `a, b and c`; of more than `limit`, `a, b and 5 more`. */
export function listed(words: readonly (string | number)[], limit = 4): string {
  const shown = words.length > limit ? [...words.slice(0, limit - 1), `${words.length - limit + 1} more`] : words;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
