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
  | { readonly condition: 'method'; readonly wanted: readonly string[] }
  | {
      readonly condition: 'header';
      readonly name: string;
      readonly wanted: string;
      /** `undefined`: the request has no such header. */
      readonly found: string | undefined;
    };

/** What keeps the request from matching; empty: it matches. The query string takes no part (rule R36). */
export function unmetBy(match: HttpMatch, request: HttpRequest): readonly Unmet[] {
  const unmet: Unmet[] = [];
  const path = request.path.replace(/[?#].*$/s, '');
  if (match.pathPrefixRegex !== undefined && !regexMatchesStart(match.pathPrefixRegex, path)) {
    unmet.push({ condition: 'path', wanted: match.pathPrefixRegex });
  }
  if (match.methods.length > 0 && !match.methods.includes(request.method)) {
    unmet.push({ condition: 'method', wanted: match.methods });
  }
  for (const { name, regex } of match.headers) {
    const found = request.headers[name];
    if (found === undefined || !regexMatchesAll(regex, found)) {
      unmet.push({ condition: 'header', name, wanted: regex, found });
    }
  }
  return unmet;
}
