/** What Envoy asks of routes beyond its protoc-gen-validate rules: refused by a real one in conformance/envoy. */
import { RE2JS } from 're2js';
import type { HeaderValueOption } from '../gen/envoy/config/core/v3/base.ts';
import type { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts';
import type {
  RetryPolicy,
  Route,
  RouteAction,
  VirtualHost,
  WeightedCluster,
  WeightedCluster_ClusterWeight,
} from '../gen/envoy/config/route/v3/route_components.ts';
import type { RegexMatcher } from '../gen/envoy/type/matcher/v3/regex.ts';
import type { Duration } from '../gen/google/protobuf/duration.ts';
import { repeated, type Violations } from './violation.ts';

const largestWeight = 2 ** 32 - 1;
/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route.proto#config-route-v3-routeconfiguration */
const largestDirectResponse = 4096;

export function checkRouteConfiguration(routes: RouteConfiguration, violations: Violations): void {
  const hosts = routes.virtualHosts ?? [];
  const domains = hosts.flatMap((host, index) =>
    (host.domains ?? []).map((domain, at) => ({ domain, path: `virtual_hosts[${index}].domains[${at}]` })),
  );
  for (const index of repeated(domains.map(({ domain }) => domain.toLowerCase()))) {
    const { domain, path } = domains[index] ?? { domain: '', path: '' };
    violations.push({ path, reason: `the domain ${domain} is there twice` });
  }
  const largest = routes.maxDirectResponseBodySizeBytes ?? largestDirectResponse;
  for (const [index, host] of hosts.entries()) {
    for (const [at, { action }] of (host.routes ?? []).entries()) {
      if (action?.$case !== 'directResponse' || action.value.body?.specifier?.$case !== 'inlineString') continue;
      const size = Buffer.byteLength(action.value.body.specifier.value);
      if (size <= largest) continue;
      const path = `virtual_hosts[${index}].routes[${at}].direct_response.body`;
      violations.push({ path, reason: `has ${size} bytes, ${largest} are allowed` });
    }
  }
  checkRemovedHeaders(routes, violations);
}

export function checkWeightedCluster({ clusters = [] }: WeightedCluster, violations: Violations): void {
  for (const [index, { name = '', clusterHeader = '', weight }] of clusters.entries()) {
    const path = `clusters[${index}]`;
    if (weight === undefined) violations.push({ path: `${path}.weight`, reason: 'is required' });
    if ((name === '') === (clusterHeader === '')) {
      violations.push({ path, reason: 'must have either a name or a cluster_header' });
    }
  }
  const sum = clusters.reduce((total, { weight = 0 }) => total + weight, 0);
  if (sum === 0) violations.push({ path: 'clusters', reason: 'weights must not all be zero' });
  if (sum > largestWeight)
    violations.push({ path: 'clusters', reason: `weights must not exceed ${largestWeight} in sum` });
}

export function checkRouteAction(action: RouteAction, violations: Violations): void {
  const rewrites = [action.prefixRewrite || undefined, action.regexRewrite, action.pathRewritePolicy];
  if (rewrites.filter((rewrite) => rewrite !== undefined).length > 1) {
    violations.push({
      path: '',
      reason: 'only one of prefix_rewrite, regex_rewrite and path_rewrite_policy is allowed',
    });
  }
}

export function checkRetryPolicy({ retryBackOff }: RetryPolicy, violations: Violations): void {
  const { baseInterval, maxInterval } = retryBackOff ?? {};
  if (baseInterval === undefined || maxInterval === undefined || seconds(maxInterval) >= seconds(baseInterval)) return;
  violations.push({ path: 'retry_back_off.max_interval', reason: 'must not be less than the base_interval' });
}

const seconds = ({ seconds = 0, nanos = 0 }: Duration): number => seconds + nanos / 1e9;

/** A lone percent sign begins a command that never ends.
 *  https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#format-strings */
const formatString = /^(?:[^%]|%%|%[A-Z0-9_]+(?:\([^)]*\))?(?::\d+)?%)*$/;

export function checkAddedHeader({ header }: HeaderValueOption, violations: Violations): void {
  const { key = '', value = '' } = header ?? {};
  if (isUntouchable(key)) violations.push({ path: 'header.key', reason: `${key} must not be changed` });
  if (!formatString.test(value)) violations.push({ path: 'header.value', reason: 'a percent sign is written %%' });
}

export function checkRemovedHeaders(
  { requestHeadersToRemove = [] }: VirtualHost | Route | RouteConfiguration | WeightedCluster_ClusterWeight,
  violations: Violations,
): void {
  for (const [index, name] of requestHeadersToRemove.entries()) {
    if (isUntouchable(name)) {
      violations.push({ path: `request_headers_to_remove[${index}]`, reason: `${name} must not be removed` });
    }
  }
}

const isUntouchable = (header: string): boolean => header.startsWith(':') || header.toLowerCase() === 'host';

export function checkRegex({ regex = '' }: RegexMatcher, violations: Violations): void {
  try {
    RE2JS.compile(regex);
  } catch (error) {
    violations.push({ path: 'regex', reason: `is not RE2: ${(error as Error).message}` });
  }
}
