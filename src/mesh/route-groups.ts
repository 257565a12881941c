/** HTTPRouteGroups: which requests each of their matches means. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { memoizeByIdentity, memoizeLast } from '../lib/memo.ts';
import type { NamespacedName, ObjectRef } from '../objects/object-ref.ts';
import type { HTTPRouteGroup, HTTPRouteMatch } from '../smi/model.ts';
import type { HttpMatch } from './model.ts';
import { routeGroupRef } from './refs.ts';
import { checkRegex } from './regex.ts';
import { errorOn, warningOn } from './report.ts';

export interface RouteGroup {
  readonly ref: ObjectRef;
  /** Names of all its matches, also of those that are disabled. */
  readonly names: ReadonlySet<string>;
  /** The matches that can be used, in the order written. */
  readonly matches: readonly HttpMatch[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface RouteGroups {
  readonly get: (key: NamespacedName) => RouteGroup | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function createRouteGroups(): (groups: ReadonlyMap<NamespacedName, HTTPRouteGroup>) => RouteGroups {
  const read = memoizeByIdentity(readRouteGroup);
  return memoizeLast((groups) => {
    const byKey = new Map<NamespacedName, RouteGroup>();
    for (const [key, group] of groups) byKey.set(key, read(group));
    return {
      get: (key) => byKey.get(key),
      diagnostics: [...byKey.values()].flatMap((group) => group.diagnostics),
    };
  });
}

function readRouteGroup(group: HTTPRouteGroup): RouteGroup {
  const ref = routeGroupRef(group);
  const names = new Set<string>();
  const matches: HttpMatch[] = [];
  const diagnostics: Diagnostic[] = [];
  group.matches.forEach((written, index) => {
    const field = `spec.matches[${index}]`;
    if (names.has(written.name)) {
      const message = `The name ${written.name} occurs twice in the group; whoever refers to it means both.`;
      diagnostics.push(warningOn('DuplicateMatch', ref, `${field}.name`, message));
    }
    names.add(written.name);
    const match = readMatch(written, ref, field, diagnostics);
    if (match !== undefined) matches.push(match);
  });
  return { ref, names, matches, diagnostics };
}

/** A match of which any part cannot be used is disabled as a whole: without that part it would match more (rule R36). */
function readMatch(
  written: HTTPRouteMatch,
  origin: ObjectRef,
  field: string,
  diagnostics: Diagnostic[],
): HttpMatch | undefined {
  let usable = true;
  const regexAt = (pattern: string, at: string): string => {
    const checked = checkRegex(pattern);
    if (checked.ok) return checked.value;
    usable = false;
    const message = `Match ${written.name} is disabled, because its regular expression cannot be used: ${checked.error}.`;
    diagnostics.push(errorOn('InvalidRegex', origin, `${field}.${at}`, message));
    return pattern;
  };
  const pathPrefixRegex =
    written.pathRegex === undefined || written.pathRegex === '' ? undefined : regexAt(written.pathRegex, 'pathRegex');
  const headers = written.headers.map(({ name, regex }) => {
    const lower = name.toLowerCase();
    if (!headerName.test(lower)) {
      usable = false;
      const message = `Match ${written.name} is disabled, because no request can have a header named ${JSON.stringify(name)}.`;
      diagnostics.push(errorOn('InvalidHeaderName', origin, `${field}.headers`, message));
    }
    return {
      name: lower === 'host' ? ':authority' : lower,
      regex: regex === '' ? '^$' : regexAt(regex, `headers.${name}`),
    };
  });
  return usable ? { origin, name: written.name, pathPrefixRegex, methods: written.methods, headers } : undefined;
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens, and the pseudo-headers of HTTP/2. */
const headerName = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;
