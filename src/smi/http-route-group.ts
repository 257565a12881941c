import { z } from 'zod';
import { isJsonMap, type JsonMap } from '../lib/json.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { type Flaw, fieldPath, nameOfType } from '../objects/decoding.ts';
import { errorAt, readEach, readPart, type SmiFlaw, warningAt } from './flaw.ts';
import type { Body, KindConversion } from './kind-conversion.ts';
import type { HTTPRouteGroup, HTTPRouteMatch } from './model.ts';
import { locate, moveToTop, moveUnderSpec, type Place, replaceAt } from './places.ts';
import type { SmiObject } from './smi-object.ts';

const matchesPlace: Place = { top: 'matches', spec: 'matches' };

const matchSchema = z.object({
  name: z.string().min(1, 'must not be empty'),
  pathRegex: z.string().nullish(),
  methods: z.array(z.unknown()).nullish(),
  headers: z.unknown().optional(),
});

/**
 * Decodes an HTTPRouteGroup of any version. A match of which any condition cannot be read is left out as a whole: with
 * one condition less it would match more than was meant.
 */
export function decodeHTTPRouteGroup(
  { meta, body }: SmiObject,
  flaws: SmiFlaw[],
): Result<HTTPRouteGroup, readonly Flaw[]> {
  const { field, value } = locate(body, matchesPlace, flaws);
  if (value === undefined || value === null) {
    flaws.push(warningAt(field, 'is missing; the group matches nothing'));
    return ok({ meta, matches: [] });
  }
  if (!Array.isArray(value)) return err([{ field, message: `must be a list, not ${nameOfType(value)}` }]);
  return ok({ meta, matches: value.flatMap((raw, i) => readMatch(raw, fieldPath(field, i), flaws) ?? []) });
}

function readMatch(raw: unknown, field: string, flaws: SmiFlaw[]): HTTPRouteMatch | undefined {
  const match = readPart(matchSchema, raw, field, flaws);
  if (match === undefined) return undefined;
  const methods = readMethods(match.methods ?? [], fieldPath(field, 'methods'), flaws);
  const headers = readHeaders(match.headers, fieldPath(field, 'headers'), flaws);
  if (methods === undefined || headers === undefined) return undefined;
  return { name: match.name, pathRegex: match.pathRegex || undefined, methods, headers };
}

/** A method that cannot be read allows nothing, the others stand; where none does, the match must not allow them all. */
function readMethods(list: readonly unknown[], field: string, flaws: SmiFlaw[]): readonly string[] | undefined {
  const methods = readEach(z.string().min(1, 'must not be empty'), list, field, flaws);
  if (methods.length === 0 && list.length > 0) return undefined;
  return methods.includes('*') ? [] : methods;
}

/**
 * The specification writes headers as a map of names to regular expressions; the CRDs that came with it, and those who
 * followed them, as a list of such maps with one entry each. Every entry of either is a condition.
 */
function readHeaders(written: unknown, field: string, flaws: SmiFlaw[]): HTTPRouteMatch['headers'] | undefined {
  if (written === undefined || written === null) return [];
  const maps: readonly (readonly [unknown, string])[] = Array.isArray(written)
    ? written.map((map: unknown, i) => [map, fieldPath(field, i)])
    : [[written, field]];
  const headers: { readonly name: string; readonly regex: string }[] = [];
  let readable = true;
  for (const [map, at] of maps) {
    if (!isJsonMap(map)) {
      flaws.push(errorAt(at, `must be a map of header names to regular expressions, not ${nameOfType(map)}`));
      readable = false;
      continue;
    }
    for (const [name, regex] of Object.entries(map)) {
      if (name !== '' && typeof regex === 'string') {
        headers.push({ name: name.toLowerCase(), regex });
        continue;
      }
      const message = name === '' ? 'must name a header' : `must be a string, not ${nameOfType(regex)}`;
      flaws.push(errorAt(`${at}[${JSON.stringify(name)}]`, `${message}; the match is left out`));
      readable = false;
    }
  }
  return readable ? headers : undefined;
}

/** v1alpha1 and v1alpha2 have no `spec`. */
export const httpRouteGroupConversion: KindConversion = {
  olderSpelling: ['v1alpha1', 'v1alpha2'],
  toStorage: (body) => moveUnderSpec(body, [matchesPlace]),
  fromStorage: (body) => moveToTop(body, [matchesPlace]),
  kept: [
    {
      // v1alpha1 has no headers, and a match without them matches more (rule R3). They are kept by the match's name, and
      // by its turn where several have it, so that they come back to what its client left of the matches.
      name: 'matches.headers',
      unsayableIn: ['v1alpha1'],
      take: (body) => {
        const kept = [...Map.groupBy(matchesOf(body), nameOf)]
          .map(([name, matches]) => [name, matches.map((match) => headersOf(match) ?? null)] as const)
          .filter(([, headers]) => headers.some((each) => each !== null));
        return kept.length === 0 ? undefined : Object.fromEntries(kept);
      },
      restore: (body, kept) => {
        if (!isJsonMap(kept)) return body;
        const turns = new Map<string, number>();
        const matches = matchesOf(body).map((match) => {
          const name = nameOf(match);
          const turn = turns.get(name) ?? 0;
          turns.set(name, turn + 1);
          const ofName = Object.hasOwn(kept, name) ? kept[name] : undefined;
          const headers: unknown = Array.isArray(ofName) ? (ofName[turn] ?? undefined) : undefined;
          return headers === undefined || !isJsonMap(match) || headersOf(match) !== undefined
            ? match
            : { ...match, headers };
        });
        return matches.length === 0 ? body : replaceAt(body, matchesPlace, matches);
      },
    },
  ],
};

const matchesOf = (body: Body): readonly unknown[] => {
  const { value } = locate(body, matchesPlace);
  return Array.isArray(value) ? value : [];
};

const nameOf = (match: unknown): string => (isJsonMap(match) ? String(match['name']) : '');

const headersOf = (match: unknown): unknown =>
  isJsonMap(match) ? ((match as JsonMap)['headers'] ?? undefined) : undefined;
