/** The routes of a service port: one small resource, the same for every proxy, and all that a change of weights touches. */
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import type { RetryPolicy, Route, RouteAction } from '../gen/envoy/config/route/v3/route_components.ts';
import type { Destinations, RoutingRule, ServicePort } from '../mesh/model.ts';
import { refKey } from '../objects/object-ref.ts';
import { denied } from './denial.ts';
import { unlimited } from './duration.ts';
import { routeMatch } from './http-match.ts';
import { names } from './names.ts';
import { originsMetadata, serviceRef } from './origins.ts';
import { retryOther, retrySafe, safeMethods } from './retry.ts';

export function serviceRoutes(port: Pick<ServicePort, 'key' | 'routing'>): EnvoyResource & { type: 'route' } {
  const name = names.service(port.key);
  const origins = [serviceRef(port.key), ...port.routing.origins];
  const routes = [
    ...port.routing.rules.flatMap((rule) => routesTo(rule.destinations, rule)),
    ...routesTo(port.routing.otherwise),
  ];
  return {
    type: 'route',
    name,
    message: { name, virtualHosts: [{ name, domains: ['*'], routes, metadata: originsMetadata(origins) }] },
    origins,
  };
}

function routesTo(destinations: Destinations, rule?: RoutingRule): Route[] {
  const [only] = destinations;
  if (only === undefined) return [unreachable(rule)];
  const clusterSpecifier: RouteAction['clusterSpecifier'] =
    destinations.length === 1
      ? { $case: 'cluster', value: names.service(only.port) }
      : {
          $case: 'weightedClusters',
          value: { clusters: destinations.map(({ port, weight }) => ({ name: names.service(port), weight })) },
        };
  return forwardingRoutes(clusterSpecifier, rule);
}

/**
 * Routes that forward, without a time limit, and with the retries that each method allows: a route has one retry policy,
 * so safe methods and others have each their own.
 */
export function forwardingRoutes(clusterSpecifier: RouteAction['clusterSpecifier'], rule?: RoutingRule): Route[] {
  const methods = rule?.match.methods ?? [];
  const safe = methods.length === 0 ? safeMethods : methods.filter(isSafe);
  const others = methods.filter((method) => !isSafe(method));
  const route = (methods: readonly string[], retryPolicy: RetryPolicy): Route => ({
    ...describe(rule),
    match: routeMatch(rule?.match, methods),
    action: { $case: 'route', value: { clusterSpecifier, timeout: unlimited, retryPolicy } },
  });
  return [
    ...(safe.length === 0 ? [] : [route(safe, retrySafe)]),
    ...(methods.length > 0 && others.length === 0 ? [] : [route(others, retryOther)]),
  ];
}

const isSafe = (method: string): boolean => (safeMethods as readonly string[]).includes(method);

/** Weighted clusters with a sum of zero would be rejected by Envoy; a plain answer says what is wrong (rule R14). */
const unreachable = (rule: RoutingRule | undefined): Route => ({
  ...describe(rule),
  match: routeMatch(rule?.match, rule?.match.methods ?? []),
  action: { $case: 'directResponse', value: { status: 503 } },
  responseHeadersToAdd: [denied('no-usable-backend')],
});

/** Names the route after the match that it comes from, for those who read a config dump. */
const describe = (rule: RoutingRule | undefined): Pick<Route, 'name' | 'metadata'> =>
  rule === undefined
    ? {}
    : {
        name: `${refKey(rule.match.origin)}/${rule.match.name}`,
        metadata: originsMetadata([rule.split, rule.match.origin]),
      };
