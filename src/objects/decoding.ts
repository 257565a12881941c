import { z } from 'zod';
import { err, ok, type Result } from '../lib/result.ts';

/** Something in an object that cannot be understood: where, and why, in words for the person who wrote it. */
export interface Flaw {
  /** Path of the field, as in `spec.ports[0].port`; empty when the whole object is meant. */
  readonly field: string;
  readonly message: string;
}

/** Joins a path and what stands below it: `spec.ports` and `[0].port`, or `metadata` and `name`. */
export const fieldPath = (...path: readonly PropertyKey[]): string =>
  path.reduce<string>((joined, part) => {
    if (typeof part === 'number') return `${joined}[${part}]`;
    const name = String(part);
    if (name === '') return joined;
    return joined === '' ? name : `${joined}.${name}`;
  }, '');

/** What a person would call the type of a JSON value. */
export const nameOfType = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'object':
      return 'a map';
    case 'boolean':
      return `the boolean ${value}`;
    case 'number':
      return `the number ${value}`;
    default:
      return `the ${typeof value} ${JSON.stringify(value)}`;
  }
};

const nameOfExpected: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map',
  record: 'a map',
};

/** Puts zod's findings into words for people who write YAML; schemas that say it better themselves keep their words. */
const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_type') return undefined;
  const expected = nameOfExpected[issue.expected] ?? issue.expected;
  return issue.input === undefined ? `is required: ${expected}` : `must be ${expected}, not ${nameOfType(issue.input)}`;
};

/**
 * Reads a value by a schema. The outcome holds fresh objects with what the schema names and nothing else, so that what
 * was parsed from YAML or JSON can be let go.
 */
export function parseBy<T>(schema: z.ZodType<T>, raw: unknown, at = ''): Result<T, readonly Flaw[]> {
  const parsed = schema.safeParse(raw, { error: inPlainWords });
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map(({ path, message }) => ({ field: fieldPath(at, ...path), message })));
}

/** Kubernetes writes an absent field as nothing, and Go as `null`: both mean the same. */
export const optional = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined);

export const listOf = <S extends z.ZodType>(schema: S) =>
  z
    .array(schema)
    .nullish()
    .transform((values) => values ?? []);

export const portNumber = z
  .int('must be a whole number')
  .min(1, 'must be a port, 1 to 65535')
  .max(65_535, 'must be a port, 1 to 65535');

export const transportProtocol = z
  .enum(['TCP', 'UDP', 'SCTP'], 'must be TCP, UDP or SCTP')
  .nullish()
  .transform((protocol) => protocol ?? 'TCP');

/** A name that is empty is one that was not given. */
export const optionalName = z
  .string()
  .nullish()
  .transform((name) => (name === null || name === '' ? undefined : name));

export const stringMap = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});
