import type { z } from 'zod';
import type { ReasonCode } from '../diagnostics/reason-codes.ts';
import { type Flaw, fieldPath, parseBy } from '../objects/decoding.ts';

/** A flaw of a part of an SMI object: the part has no effect, the rest of the object stands. */
export interface SmiFlaw extends Flaw {
  readonly reason: ReasonCode;
  readonly severity: 'error' | 'warning';
}

export const errorAt = (field: string, message: string, reason: ReasonCode = 'InvalidField'): SmiFlaw => ({
  severity: 'error',
  reason,
  field,
  message,
});

export const warningAt = (field: string, message: string, reason: ReasonCode = 'InvalidField'): SmiFlaw => ({
  severity: 'warning',
  reason,
  field,
  message,
});

/** Reads a value by a schema; where it cannot, says so among the flaws and gives `undefined`. */
export function readPart<T>(schema: z.ZodType<T>, raw: unknown, field: string, flaws: SmiFlaw[]): T | undefined {
  const parsed = parseBy(schema, raw, field);
  if (parsed.ok) return parsed.value;
  flaws.push(...parsed.error.map((flaw) => errorAt(flaw.field, flaw.message)));
  return undefined;
}

/** Reads each element of a list by a schema. One that cannot be read is left out and said among the flaws. */
export function readEach<T>(
  schema: z.ZodType<T>,
  list: readonly unknown[],
  field: string,
  flaws: SmiFlaw[],
): readonly T[] {
  return list.flatMap((raw, i) => readPart(schema, raw, fieldPath(field, i), flaws) ?? []);
}
