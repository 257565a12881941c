/** One HttpMatch, as a route sees it and as an access rule sees it. */
import type { Permission } from '../gen/envoy/config/rbac/v3/rbac.ts';
import type { HeaderMatcher, RouteMatch } from '../gen/envoy/config/route/v3/route_components.ts';
import { limitsPath } from '../mesh/http-match.ts';
import type { HttpMatch } from '../mesh/model.ts';
import { matchesExactly, matchesRegex, oneOf, prefixRegex, regexMatcher } from './regex.ts';

const headerMatcher = (header: { readonly name: string; readonly regex: string }): HeaderMatcher => ({
  name: header.name,
  headerMatchSpecifier: { $case: 'stringMatch', value: matchesRegex(header.regex) },
});

const methodMatcher = (methods: readonly string[]): HeaderMatcher => {
  const [only] = methods;
  return {
    name: ':method',
    headerMatchSpecifier: {
      $case: 'stringMatch',
      value: methods.length === 1 && only !== undefined ? matchesExactly(only) : matchesRegex(oneOf(methods)),
    },
  };
};

/** Matches what `match` does, of the given methods only. No match: everything. No methods: any. */
export function routeMatch(match: HttpMatch | undefined, methods: readonly string[]): RouteMatch {
  const path: RouteMatch['pathSpecifier'] =
    match?.pathPrefixRegex === undefined
      ? { $case: 'prefix', value: '/' }
      : { $case: 'safeRegex', value: regexMatcher(prefixRegex(match.pathPrefixRegex)) };
  const headers = [
    ...(methods.length === 0 ? [] : [methodMatcher(methods)]),
    ...(match?.headers ?? []).map(headerMatcher),
  ];
  return headers.length === 0 ? { pathSpecifier: path } : { pathSpecifier: path, headers };
}

/**
 * `%2F` and `%5C` in a path are slashes to some applications and not to others, so a rule on paths cannot know what it
 * allows: it allows no such path. Dots and double slashes were resolved before (see the inbound connection manager).
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
const escapedSlash: Permission = {
  rule: { $case: 'urlPath', value: { rule: { $case: 'path', value: matchesRegex('(?i).*%(?:2f|5c).*') } } },
};

/** Allows what `match` does. */
export function permission(match: HttpMatch): Permission {
  const rules: Permission[] = [];
  if (match.pathPrefixRegex !== undefined && limitsPath(match)) {
    const path = matchesRegex(prefixRegex(match.pathPrefixRegex));
    rules.push(
      { rule: { $case: 'urlPath', value: { rule: { $case: 'path', value: path } } } },
      { rule: { $case: 'notRule', value: escapedSlash } },
    );
  }
  if (match.methods.length > 0) rules.push({ rule: { $case: 'header', value: methodMatcher(match.methods) } });
  for (const header of match.headers) rules.push({ rule: { $case: 'header', value: headerMatcher(header) } });
  const [only] = rules;
  if (only === undefined) return { rule: { $case: 'any', value: true } };
  return rules.length === 1 ? only : { rule: { $case: 'andRules', value: { rules } } };
}
