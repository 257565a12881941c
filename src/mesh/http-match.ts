/** Whether a request is one that a match means: what a data plane decides, decided here for people who ask. */
import type { HttpMatch } from './model.ts';
import { regexMatchesAll, regexMatchesStart } from './regex.ts';

export interface HttpRequest {
  readonly method: string;
  /** As in the request line, with its query string. */
  readonly path: string;
  /** Names in lower case; the host is `:authority`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A condition that the request does not meet. */
export type Unmet =
  | { readonly condition: 'path'; readonly wanted: string }
  /** A path that is limited must not have a slash in disguise (`%2F`, `%5C`). */
  | { readonly condition: 'plain slashes' }
  | { readonly condition: 'method'; readonly wanted: readonly string[] }
  | {
      readonly condition: 'header';
      readonly name: string;
      readonly wanted: string;
      /** `undefined`: the request has no such header. */
      readonly found: string | undefined;
    };

/** Regular expressions that every path matches, as people write them. */
const anyPath: ReadonlySet<string> = new Set(['/', '.*', '/.*', '^/', '^/.*', '^.*', '.', '.+', '/*']);

/** Whether there are paths that the match does not mean. */
export const limitsPath = ({ pathPrefixRegex }: HttpMatch): boolean =>
  pathPrefixRegex !== undefined && !anyPath.has(pathPrefixRegex);

/**
 * What keeps a match from allowing the request; empty: it does. Access is decided on canonical paths: without dots and
 * double slashes. A slash in disguise is one to some applications and not to others, so no rule on paths can tell what
 * it would allow by such a path, and allows none.
 */
export function unmetForAccess(match: HttpMatch, request: HttpRequest): readonly Unmet[] {
  const path = canonicalPath(request.path);
  const disguised = limitsPath(match) && /%(?:2f|5c)/i.test(withoutQuery(path));
  return [...unmetBy(match, { ...request, path }), ...(disguised ? [{ condition: 'plain slashes' as const }] : [])];
}

function canonicalPath(path: string): string {
  try {
    const { pathname, search } = new URL(`http://host${path}`);
    return pathname.replace(/\/{2,}/g, '/') + search;
  } catch {
    return path;
  }
}

const withoutQuery = (path: string): string => path.replace(/[?#].*$/s, '');

/** What keeps the request from matching; empty: it matches. The query string takes no part (rule R36). */
export function unmetBy(match: HttpMatch, request: HttpRequest): readonly Unmet[] {
  const unmet: Unmet[] = [];
  const path = withoutQuery(request.path);
  if (match.pathPrefixRegex !== undefined && !regexMatchesStart(match.pathPrefixRegex, path)) {
    unmet.push({ condition: 'path', wanted: match.pathPrefixRegex });
  }
  if (match.methods.length > 0 && !match.methods.includes(request.method)) {
    unmet.push({ condition: 'method', wanted: match.methods });
  }
  const headers: HttpRequest['headers'] = { ':method': request.method, ':path': request.path, ...request.headers };
  for (const { name, regex } of match.headers) {
    const found = headers[name];
    if (found === undefined || !regexMatchesAll(regex, found)) {
      unmet.push({ condition: 'header', name, wanted: regex, found });
    }
  }
  return unmet;
}
