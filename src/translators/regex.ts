import type { RegexMatcher } from '../gen/envoy/type/matcher/v3/regex.ts';
import type { StringMatcher } from '../gen/envoy/type/matcher/v3/string.ts';

/** Envoy matches a regex against the whole value. */
export const regexMatcher = (regex: string): RegexMatcher => ({ regex });

export const matchesRegex = (regex: string): StringMatcher => ({
  matchPattern: { $case: 'safeRegex', value: regexMatcher(regex) },
});

export const matchesExactly = (value: string): StringMatcher => ({ matchPattern: { $case: 'exact', value } });

/** A regex for any value that begins with a match of `regex` (rule R36). */
export const prefixRegex = (regex: string): string => `(?:${regex}).*`;

/** A regex for exactly one of the values. */
export const oneOf = (values: readonly string[]): string => values.map(quote).join('|');

/** https://github.com/google/re2/wiki/Syntax: these have a meaning outside of a class. */
const quote = (value: string): string => value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
