/**
 * Protoc-gen-validate's rules of one value, as TypeScript that tests an expression. A rule that is not known here makes
 * the generation fail: it must not be passed over in silence.
 * https://github.com/bufbuild/protoc-gen-validate/blob/main/README.md#constraint-rules
 */
import type { Duration } from '../../build/rules/google/protobuf/duration.ts';
import {
  type AnyRules,
  type BytesRules,
  type DurationRules,
  type EnumRules,
  type FieldRules,
  KnownRegex,
  type StringRules,
} from '../../build/rules/validate/validate.ts';
import type { FieldType } from './messages.ts';

/** What is wrong when the condition, an expression on the value, holds. */
export interface Check {
  readonly wrongWhen: string;
  readonly reason: string;
}

export interface ValueChecks {
  readonly checks: readonly Check[];
  /** No check applies to the default value. */
  readonly ignoreEmpty: boolean;
}

type TypedRules = NonNullable<FieldRules['type']>;
type NumberRules = Extract<TypedRules, { $case: 'uint32' | 'float' | 'double' }>['value'];

/** Makes a module-level constant of an expression and returns its name. */
export type Constant = (expression: string) => string;

/** The checks of a single value that is there. `value` is a TypeScript expression for it. */
export function checksOf(rules: TypedRules, type: FieldType, value: string, constant: Constant): ValueChecks {
  switch (rules.$case) {
    case 'string':
      return { checks: stringChecks(rules.value, value, constant), ignoreEmpty: rules.value.ignoreEmpty === true };
    case 'bytes':
      return { checks: bytesChecks(rules.value, value), ignoreEmpty: false };
    case 'bool':
      return { checks: only(rules.value, { const: (wanted) => [equals(value, wanted)] }), ignoreEmpty: false };
    case 'enum':
      return { checks: enumChecks(rules.value, type, value, constant), ignoreEmpty: false };
    case 'duration':
      return { checks: durationChecks(rules.value, value), ignoreEmpty: false };
    case 'any':
      return { checks: anyChecks(rules.value, value), ignoreEmpty: false };
    case 'repeated':
    case 'map':
    case 'timestamp':
      throw new Error(`rules of kind ${rules.$case} do not apply to a single value`);
    default:
      return { checks: numberChecks(rules.value, value), ignoreEmpty: false };
  }
}

type Handlers<R> = { readonly [K in keyof R]?: (wanted: NonNullable<R[K]>) => readonly Check[] };

/** Runs the handler of each rule that is set; throws on one that has no handler, or that is not in validate.proto. */
export function only<R extends object>(rules: R, handlers: Handlers<R>): Check[] {
  return (Object.keys(rules) as (keyof R & string)[]).flatMap((name) => {
    if (name === '_unknownFields') return knowsAll(rules);
    const wanted = rules[name];
    if (wanted === undefined || (Array.isArray(wanted) && wanted.length === 0)) return [];
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`the rule ${name} is not supported`);
    return handler(wanted as NonNullable<R[typeof name]>);
  });
}

/** ts-proto keeps what validate.proto does not name. */
export function knowsAll(rules: { readonly _unknownFields?: object | undefined }): never[] {
  const unknown = Object.keys(rules._unknownFields ?? {});
  if (unknown.length > 0) throw new Error(`rules with the tags ${unknown.join(', ')} are not in validate.proto`);
  return [];
}

const none = (): readonly Check[] => [];
const equals = (value: string, wanted: unknown): Check => ({
  wrongWhen: `${value} !== ${JSON.stringify(wanted)}`,
  reason: `must be ${JSON.stringify(wanted)}`,
});
const oneOf = (value: string, wanted: readonly unknown[]): Check => ({
  wrongWhen: `!${JSON.stringify(wanted)}.includes(${value} as never)`,
  reason: `must be one of ${wanted.join(', ')}`,
});
const noneOf = (value: string, wanted: readonly unknown[]): Check => ({
  wrongWhen: `${JSON.stringify(wanted)}.includes(${value} as never)`,
  reason: `must not be one of ${wanted.map((each) => JSON.stringify(each)).join(', ')}`,
});

function stringChecks(rules: StringRules, value: string, constant: Constant): Check[] {
  return only(rules, {
    ignoreEmpty: none,
    // Says how to read a well-known regular expression; looked at there.
    strict: none,
    const: (wanted) => [equals(value, wanted)],
    in: (wanted) => [oneOf(value, wanted)],
    notIn: (wanted) => [noneOf(value, wanted)],
    len: (n) => [{ wrongWhen: `codePoints(${value}) !== ${n}`, reason: `must have ${n} characters` }],
    // A text is at least as long in JavaScript's units as in characters, and empty in both alike.
    minLen: (n) => [
      { wrongWhen: `${n === 1 ? `${value}.length` : `codePoints(${value})`} < ${n}`, reason: atLeast(n, 'character') },
    ],
    maxLen: (n) => [
      { wrongWhen: `${value}.length > ${n} && codePoints(${value}) > ${n}`, reason: atMost(n, 'character') },
    ],
    minBytes: (n) => [{ wrongWhen: `byteLength(${value}) < ${n}`, reason: atLeast(n, 'byte') }],
    maxBytes: (n) => [{ wrongWhen: `byteLength(${value}) > ${n}`, reason: atMost(n, 'byte') }],
    prefix: (text) => [{ wrongWhen: `!${value}.startsWith(${quote(text)})`, reason: `must begin with ${quote(text)}` }],
    suffix: (text) => [{ wrongWhen: `!${value}.endsWith(${quote(text)})`, reason: `must end with ${quote(text)}` }],
    contains: (text) => [{ wrongWhen: `!${value}.includes(${quote(text)})`, reason: `must contain ${quote(text)}` }],
    notContains: (text) => [
      { wrongWhen: `${value}.includes(${quote(text)})`, reason: `must not contain ${quote(text)}` },
    ],
    pattern: (pattern) => [
      { wrongWhen: `!${constant(regexLiteral(pattern))}.test(${value})`, reason: `must match ${pattern}` },
    ],
    wellKnown: (known) => [wellKnownCheck(known, rules.strict ?? true, value, constant)],
  });
}

const quote = (text: string): string => JSON.stringify(text);
const atLeast = (n: number, what: string): string => `must have at least ${n} ${what}${n === 1 ? '' : 's'}`;
const atMost = (n: number, what: string): string => `must have at most ${n} ${what}${n === 1 ? '' : 's'}`;

/** As RE2 and JavaScript read alike: fails on syntax that only one of them has. */
function regexLiteral(pattern: string): string {
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) throw new Error(`the pattern ${pattern} is not anchored`);
  if (/\\[CzAQpPx]|\[\[:|\(\?/.test(pattern)) throw new Error(`the pattern ${pattern} may mean something else in RE2`);
  return String(new RegExp(pattern, 'u'));
}

/** https://github.com/bufbuild/protoc-gen-validate/blob/main/README.md#well-known-formats */
function wellKnownCheck(
  known: NonNullable<StringRules['wellKnown']>,
  strict: boolean,
  value: string,
  constant: Constant,
): Check {
  if (known.$case !== 'wellKnownRegex') throw new Error(`the well-known format ${known.$case} is not supported`);
  if (!strict) {
    return { wrongWhen: `${constant('/[\\0\\n\\r]/u')}.test(${value})`, reason: 'must not contain NUL, CR or LF' };
  }
  const [regex, reason] =
    known.value === KnownRegex.HTTP_HEADER_NAME
      ? // The range from + to . is what protoc-gen-validate has, too.
        ["/^:?[0-9a-zA-Z!#$%&'*+-.^_|~\\x60]+$/u", 'must be an HTTP header name']
      : ['/^[^\\x00-\\x08\\x0A-\\x1F\\x7F]*$/u', 'must be an HTTP header value'];
  return { wrongWhen: `!${constant(regex)}.test(${value})`, reason };
}

function bytesChecks(rules: BytesRules, value: string): Check[] {
  return only(rules, {
    len: (n) => [{ wrongWhen: `${value}.length !== ${n}`, reason: `must have ${n} bytes` }],
    minLen: (n) => [{ wrongWhen: `${value}.length < ${n}`, reason: atLeast(n, 'byte') }],
    maxLen: (n) => [{ wrongWhen: `${value}.length > ${n}`, reason: atMost(n, 'byte') }],
  });
}

function enumChecks(rules: EnumRules, type: FieldType, value: string, constant: Constant): Check[] {
  return only(rules, {
    const: (wanted) => [equals(value, wanted)],
    in: (wanted) => [oneOf(value, wanted)],
    notIn: (wanted) => [noneOf(value, wanted)],
    definedOnly: (wanted) => {
      if (!wanted) return [];
      if (type.kind !== 'enum') throw new Error('defined_only is for enums');
      const defined = constant(`new Set<number>(${JSON.stringify(type.values)})`);
      return [{ wrongWhen: `!${defined}.has(${value})`, reason: 'must be one of the defined values' }];
    },
  });
}

/** Bounds whose lower is above the upper mean "outside of"; nobody uses that, so it is not supported. */
function numberChecks(rules: NumberRules, value: string): Check[] {
  const lower = rules.gt ?? rules.gte;
  const upper = rules.lt ?? rules.lte;
  if (lower !== undefined && upper !== undefined && lower > upper)
    throw new Error('an excluding range is not supported');
  return only(rules, {
    const: (wanted) => [equals(value, wanted)],
    in: (wanted) => [oneOf(value, wanted)],
    notIn: (wanted) => [noneOf(value, wanted)],
    lt: (n) => [{ wrongWhen: `!(${value} < ${n})`, reason: `must be less than ${n}` }],
    lte: (n) => [{ wrongWhen: `!(${value} <= ${n})`, reason: `must be at most ${n}` }],
    gt: (n) => [{ wrongWhen: `!(${value} > ${n})`, reason: `must be greater than ${n}` }],
    gte: (n) => [{ wrongWhen: `!(${value} >= ${n})`, reason: `must be at least ${n}` }],
  });
}

function durationChecks(rules: DurationRules, value: string): Check[] {
  const seconds = `seconds(${value})`;
  const bound = ({ seconds = 0, nanos = 0 }: Duration): number => seconds + nanos / 1e9;
  return only(rules, {
    // Whether it must be there is asked before.
    required: none,
    lt: (than) => [{ wrongWhen: `!(${seconds} < ${bound(than)})`, reason: `must be less than ${bound(than)}s` }],
    lte: (than) => [{ wrongWhen: `!(${seconds} <= ${bound(than)})`, reason: `must be at most ${bound(than)}s` }],
    gt: (than) => [{ wrongWhen: `!(${seconds} > ${bound(than)})`, reason: `must be more than ${bound(than)}s` }],
    gte: (than) => [{ wrongWhen: `!(${seconds} >= ${bound(than)})`, reason: `must be at least ${bound(than)}s` }],
  });
}

function anyChecks(rules: AnyRules, value: string): Check[] {
  return only(rules, {
    required: none,
    in: (wanted) => [oneOf(`(${value}.typeUrl ?? '')`, wanted)],
    notIn: (wanted) => [noneOf(`(${value}.typeUrl ?? '')`, wanted)],
  });
}
