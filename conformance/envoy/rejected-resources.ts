/** Resources that a real Envoy rejects, each with where our validation finds the fault, and some that it accepts. */
import { pack } from '../../src/envoy/any.ts';
import type { EnvoyResource } from '../../src/envoy/envoy-resource.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
} from '../../src/gen/envoy/config/cluster/v3/cluster.ts';
import type { Address } from '../../src/gen/envoy/config/core/v3/address.ts';
import type { ClusterLoadAssignment } from '../../src/gen/envoy/config/endpoint/v3/endpoint.ts';
import type { Listener } from '../../src/gen/envoy/config/listener/v3/listener.ts';
import type {
  Filter,
  FilterChain,
  FilterChainMatch,
} from '../../src/gen/envoy/config/listener/v3/listener_components.ts';
import { RBAC_Action } from '../../src/gen/envoy/config/rbac/v3/rbac.ts';
import type { RouteConfiguration } from '../../src/gen/envoy/config/route/v3/route.ts';
import type {
  HeaderMatcher,
  Route,
  RouteAction,
  RouteMatch,
  VirtualHost,
  WeightedCluster_ClusterWeight,
} from '../../src/gen/envoy/config/route/v3/route_components.ts';
import { RBAC as HttpRbac, RBACPerRoute } from '../../src/gen/envoy/extensions/filters/http/rbac/v3/rbac.ts';
import { Router } from '../../src/gen/envoy/extensions/filters/http/router/v3/router.ts';
import {
  HttpConnectionManager,
  type HttpFilter,
} from '../../src/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { RBAC as NetworkRbac } from '../../src/gen/envoy/extensions/filters/network/rbac/v3/rbac.ts';
import { TcpProxy } from '../../src/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import { HttpProtocolOptions } from '../../src/gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts';

/** The clusters that routes may name. */
export const knownClusters = ['one', 'two'] as const;

const address = (ip = '127.0.0.1', portValue = 0): Address => ({
  address: {
    $case: 'socketAddress',
    value: { address: ip, portSpecifier: { $case: 'portValue', value: portValue } },
  },
});

// Routes

const routes = (message: RouteConfiguration): EnvoyResource => ({
  type: 'route',
  name: 'resource',
  message: { name: 'resource', ...message },
  origins: [],
});
const toOne: Route = {
  match: { pathSpecifier: { $case: 'prefix', value: '/' } },
  action: { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: 'one' } } },
};
const hosts = (...virtualHosts: readonly VirtualHost[]): EnvoyResource =>
  routes({
    virtualHosts: virtualHosts.map((host, index) => ({ name: `host-${index}`, routes: [toOne], ...host })),
  });
const route = (change: Route): EnvoyResource => hosts({ domains: ['*'], routes: [{ ...toOne, ...change }] });
const match = (change: RouteMatch): EnvoyResource => route({ match: { ...toOne.match, ...change } });
const header = (matcher: HeaderMatcher): EnvoyResource => match({ headers: [matcher] });
const action = (change: RouteAction): EnvoyResource =>
  route({
    action: { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: 'one' }, ...change } },
  });
const weighted = (...clusters: WeightedCluster_ClusterWeight[]): EnvoyResource =>
  action({ clusterSpecifier: { $case: 'weightedClusters', value: { clusters } } });
const body = (text: string): EnvoyResource =>
  route({
    action: {
      $case: 'directResponse',
      value: { status: 403, body: { specifier: { $case: 'inlineString', value: text } } },
    },
  });
const first = 'virtual_hosts[0].routes[0]';

// Listeners

const listener = (message: Listener): EnvoyResource => ({
  type: 'listener',
  name: 'resource',
  message: { name: 'resource', address: address(), ...message },
  origins: [],
});
const networkFilter = (name: string, value: NonNullable<Filter['configType']>['value']): Filter => ({
  name,
  configType: { $case: 'typedConfig', value } as NonNullable<Filter['configType']>,
});
const tcpProxy = networkFilter(
  'tcp',
  pack(TcpProxy, { statPrefix: 'tcp', clusterSpecifier: { $case: 'cluster', value: 'one' } }),
);
const networkRbac = networkFilter('rbac', pack(NetworkRbac, { statPrefix: 'rbac' }));
const chains = (...filterChains: FilterChain[]): EnvoyResource =>
  listener({ filterChains: filterChains.map((chain) => ({ filters: [tcpProxy], ...chain })) });
const matches = (...of: FilterChainMatch[]): EnvoyResource =>
  chains(...of.map((filterChainMatch, index) => ({ name: `chain-${index}`, filterChainMatch })));
const httpFilter = (name: string, value: ReturnType<typeof pack>): HttpFilter => ({
  name,
  configType: { $case: 'typedConfig', value },
});
const router = httpFilter('router', pack(Router, {}));
const httpRbac = httpFilter('rbac', pack(HttpRbac, {}));
const http = (change: HttpConnectionManager): EnvoyResource => {
  const routeSpecifier = { $case: 'routeConfig', value: { name: 'inline' } } as const;
  const connections = { statPrefix: 'http', routeSpecifier, httpFilters: [router], ...change };
  return chains({ filters: [networkFilter('http', pack(HttpConnectionManager, connections))] });
};
const inTheFilter = 'filter_chains[0].filters[0].typed_config';

// Clusters and endpoints

const cluster = (message: Cluster): EnvoyResource => ({
  type: 'cluster',
  name: 'resource',
  message: { name: 'resource', ...message },
  origins: [],
});
const endpoints = (message: ClusterLoadAssignment): EnvoyResource => ({
  type: 'endpoint',
  name: 'resource',
  message: { clusterName: 'resource', ...message },
  origins: [],
});
const endpoint = (at: Address, loadBalancingWeight?: number): EnvoyResource =>
  endpoints({
    endpoints: [
      {
        lbEndpoints: [
          {
            hostIdentifier: { $case: 'endpoint', value: { address: at } },
            ...(loadBalancingWeight === undefined ? {} : { loadBalancingWeight }),
          },
        ],
      },
    ],
  });
const type = (value: Cluster_DiscoveryType) => ({ clusterDiscoveryType: { $case: 'type', value } }) as const;
const localhost: ClusterLoadAssignment = {
  clusterName: 'resource',
  endpoints: [{ lbEndpoints: [{ hostIdentifier: { $case: 'endpoint', value: { address: address('localhost') } } }] }],
};

export const accepted: Readonly<Record<string, EnvoyResource>> = {
  'a plain route': route({}),
  'virtual hosts of the same name': hosts({ name: 'same', domains: ['a'] }, { name: 'same', domains: ['b'] }),
  'weights of which one is zero': weighted({ name: 'one', weight: 0 }, { name: 'two', weight: 1 }),
  'weights that sum up to the largest number': weighted(
    { name: 'one', weight: 4294967294 },
    { name: 'two', weight: 1 },
  ),
  'the same cluster twice': weighted({ name: 'one', weight: 1 }, { name: 'one', weight: 1 }),
  'the largest response body': body('a'.repeat(4096)),
  'a larger response body where that is allowed': routes({
    maxDirectResponseBodySizeBytes: 5000,
    virtualHosts: [
      {
        name: 'host',
        domains: ['*'],
        routes: [
          {
            ...toOne,
            action: {
              $case: 'directResponse',
              value: { status: 403, body: { specifier: { $case: 'inlineString', value: 'a'.repeat(5000) } } },
            },
          },
        ],
      },
    ],
  }),
  'a header from the stream': route({
    requestHeadersToAdd: [{ header: { key: 'x', value: '50%% %PROTOCOL% %REQ(:PATH):9%' } }],
  }),
  'RE2 syntax that JavaScript lacks': match({
    pathSpecifier: { $case: 'safeRegex', value: { regex: '(?i)/\\pL\\z' } },
  }),
  'a policy per route': route({ typedPerFilterConfig: { rbac: pack(RBACPerRoute, {}) } }),
  'a TCP listener': chains({}),
  'an HTTP listener': http({}),
  'an HTTP listener with a filter before its router': http({ httpFilters: [httpRbac, router] }),
  'chains for different names': matches({ serverNames: ['a'] }, { serverNames: ['*.a'] }),
  'chains of the same name': chains({ name: 'x', filterChainMatch: { destinationPort: 1 } }, { name: 'x' }),
  'an EDS cluster': cluster({
    ...type(Cluster_DiscoveryType.EDS),
    edsClusterConfig: { edsConfig: { configSourceSpecifier: { $case: 'ads', value: {} }, resourceApiVersion: 2 } },
  }),
  'an original destination cluster': cluster({
    ...type(Cluster_DiscoveryType.ORIGINAL_DST),
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
  }),
  'a cluster found by DNS': cluster({
    ...type(Cluster_DiscoveryType.STRICT_DNS),
    loadAssignment: localhost,
  }),
  'an endpoint by IPv6': endpoint(address('fe80::1', 80)),
};

export const rejected: Readonly<Record<string, { readonly at: string; readonly resource: EnvoyResource }>> = {
  // Rules of protoc-gen-validate, of every kind that occurs
  'a virtual host without a name': { at: 'virtual_hosts[0].name', resource: hosts({ name: '', domains: ['*'] }) },
  'a virtual host without domains': { at: 'virtual_hosts[0].domains', resource: hosts({ domains: [] }) },
  'a domain with a line feed': { at: 'virtual_hosts[0].domains[0]', resource: hosts({ domains: ['a\nb'] }) },
  'a route without a match': {
    at: `${first}.match`,
    resource: hosts({ domains: ['*'], routes: [{ action: toOne.action }] }),
  },
  'a route that does nothing': {
    at: `${first}.action`,
    resource: hosts({ domains: ['*'], routes: [{ match: toOne.match }] }),
  },
  'a match of no path': { at: `${first}.match.path_specifier`, resource: route({ match: {} }) },
  'a path prefix that may not end so': {
    at: `${first}.match.path_separated_prefix`,
    resource: match({ pathSpecifier: { $case: 'pathSeparatedPrefix', value: '/a/' } }),
  },
  'a header match without a name': { at: `${first}.match.headers[0].name`, resource: header({ name: '' }) },
  'a header match by a name that is none': { at: `${first}.match.headers[0].name`, resource: header({ name: 'a\r' }) },
  'an empty cluster name': {
    at: `${first}.route.cluster`,
    resource: action({ clusterSpecifier: { $case: 'cluster', value: '' } }),
  },
  'a status that is none': {
    at: `${first}.direct_response.status`,
    resource: route({ action: { $case: 'directResponse', value: { status: 99 } } }),
  },
  'no weighted clusters': { at: `${first}.route.weighted_clusters.clusters`, resource: weighted() },
  'a back-off of nothing': {
    at: `${first}.route.retry_policy.retry_back_off.base_interval`,
    resource: action({ retryPolicy: { retryBackOff: { baseInterval: {} } } }),
  },
  'a back-off without an interval': {
    at: `${first}.route.retry_policy.retry_back_off.base_interval`,
    resource: action({ retryPolicy: { retryBackOff: {} } }),
  },
  'a header to add that is missing': {
    at: `${first}.request_headers_to_add[0].header`,
    resource: route({ requestHeadersToAdd: [{}] }),
  },
  'a port that does not exist': {
    at: 'endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value',
    resource: endpoint(address('127.0.0.1', 65536)),
  },
  'an endpoint without weight': {
    at: 'endpoints[0].lb_endpoints[0].load_balancing_weight',
    resource: endpoint(address('127.0.0.1', 80), 0),
  },
  'an address without a port': {
    at: 'address.socket_address.port_specifier',
    resource: listener({
      address: { address: { $case: 'socketAddress', value: { address: '127.0.0.1' } } },
      filterChains: [{ filters: [tcpProxy] }],
    }),
  },
  'a source port that does not exist': {
    at: 'filter_chains[0].filter_chain_match.source_ports[0]',
    resource: matches({ sourcePorts: [0] }),
  },
  'a fault inside a filter': { at: `${inTheFilter}.stat_prefix`, resource: http({ statPrefix: '' }) },
  'a fault inside a filter inside a filter': {
    at: `${inTheFilter}.http_filters[0].typed_config.rules.policies["p"].principals`,
    resource: http({
      httpFilters: [
        httpFilter(
          'rbac',
          pack(HttpRbac, {
            rules: {
              action: RBAC_Action.ALLOW,
              policies: { p: { permissions: [{ rule: { $case: 'any', value: true } }] } },
            },
          }),
        ),
        router,
      ],
    }),
  },
  'no routes at all': { at: `${inTheFilter}.route_specifier`, resource: http({ routeSpecifier: undefined }) },
  'protocol options without a protocol': {
    at: 'typed_extension_protocol_options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"].upstream_protocol_options',
    resource: cluster({
      typedExtensionProtocolOptions: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': pack(HttpProtocolOptions, {}),
      },
    }),
  },
  'a cluster without a name': { at: 'name', resource: cluster({ name: '' }) },

  // What Envoy asks beyond them
  'a domain twice': { at: 'virtual_hosts[1].domains[0]', resource: hosts({ domains: ['x'] }, { domains: ['x'] }) },
  'a domain twice but for its case': {
    at: 'virtual_hosts[1].domains[0]',
    resource: hosts({ domains: ['x'] }, { domains: ['X'] }),
  },
  'a domain twice in one host': { at: 'virtual_hosts[0].domains[1]', resource: hosts({ domains: ['x', 'x'] }) },
  'all domains twice': { at: 'virtual_hosts[1].domains[0]', resource: hosts({ domains: ['*'] }, { domains: ['*'] }) },
  'weights that are all zero': {
    at: `${first}.route.weighted_clusters.clusters`,
    resource: weighted({ name: 'one', weight: 0 }, { name: 'two', weight: 0 }),
  },
  'weights that sum up to too much': {
    at: `${first}.route.weighted_clusters.clusters`,
    resource: weighted({ name: 'one', weight: 4294967295 }, { name: 'two', weight: 1 }),
  },
  'a weighted cluster without a weight': {
    at: `${first}.route.weighted_clusters.clusters[0].weight`,
    resource: weighted({ name: 'one' }, { name: 'two', weight: 1 }),
  },
  'a weighted cluster without a name': {
    at: `${first}.route.weighted_clusters.clusters[0]`,
    resource: weighted({ weight: 1 }),
  },
  'a weighted cluster with a name and a header for it': {
    at: `${first}.route.weighted_clusters.clusters[0]`,
    resource: weighted({ weight: 1, name: 'one', clusterHeader: 'x' }),
  },
  'two rewrites of one path': {
    at: `${first}.route`,
    resource: action({ prefixRewrite: '/a', regexRewrite: { pattern: { regex: 'a' }, substitution: 'b' } }),
  },
  'a back-off that goes down': {
    at: `${first}.route.retry_policy.retry_back_off.max_interval`,
    resource: action({ retryPolicy: { retryBackOff: { baseInterval: { seconds: 2 }, maxInterval: { seconds: 1 } } } }),
  },
  'a timeout below zero': { at: `${first}.route.timeout`, resource: action({ timeout: { seconds: -1 } }) },
  'a regular expression that is none': {
    at: `${first}.match.safe_regex.regex`,
    resource: match({ pathSpecifier: { $case: 'safeRegex', value: { regex: '(' } } }),
  },
  'a regular expression that RE2 lacks': {
    at: `${first}.match.safe_regex.regex`,
    resource: match({ pathSpecifier: { $case: 'safeRegex', value: { regex: '(?=a)' } } }),
  },
  'a response body that is too long': { at: `${first}.direct_response.body`, resource: body('a'.repeat(4097)) },
  'a response body that is too long in bytes': {
    at: `${first}.direct_response.body`,
    resource: body('é'.repeat(2049)),
  },
  'a path set as a header': {
    at: `${first}.request_headers_to_add[0].header.key`,
    resource: route({ requestHeadersToAdd: [{ header: { key: ':path', value: '/' } }] }),
  },
  'the host set as a header': {
    at: `${first}.request_headers_to_add[0].header.key`,
    resource: route({ requestHeadersToAdd: [{ header: { key: 'Host', value: 'x' } }] }),
  },
  'the host removed': {
    at: `${first}.request_headers_to_remove[0]`,
    resource: route({ requestHeadersToRemove: ['host'] }),
  },
  'a header with a lone percent sign': {
    at: `${first}.request_headers_to_add[0].header.value`,
    resource: route({ requestHeadersToAdd: [{ header: { key: 'x', value: '100%' } }] }),
  },
  'a listener without an address': {
    at: 'address',
    resource: listener({ address: undefined, filterChains: [{ filters: [tcpProxy] }] }),
  },
  'a listener on a host name': {
    at: 'address.socket_address.address',
    resource: listener({ address: address('localhost'), filterChains: [{ filters: [tcpProxy] }] }),
  },
  'a listener without chains': { at: 'filter_chains', resource: listener({}) },
  'two chains for everything': { at: 'filter_chains[1].filter_chain_match', resource: matches({}, {}) },
  'two chains for one name of several': {
    at: 'filter_chains[1].filter_chain_match',
    resource: matches({ destinationPort: 80, serverNames: ['a', 'b'] }, { destinationPort: 80, serverNames: ['B'] }),
  },
  'two chains for one protocol of several': {
    at: 'filter_chains[1].filter_chain_match',
    resource: matches({ applicationProtocols: ['h2', 'x'] }, { applicationProtocols: ['x'] }),
  },
  'a wildcard inside a name': {
    at: 'filter_chains[0].filter_chain_match.server_names[0]',
    resource: matches({ serverNames: ['a.*.b'] }),
  },
  'a wildcard for all names': {
    at: 'filter_chains[0].filter_chain_match.server_names[0]',
    resource: matches({ serverNames: ['*'] }),
  },
  'a chain that leads nowhere': { at: 'filter_chains[0].filters[0]', resource: chains({ filters: [networkRbac] }) },
  'a chain that goes on after its end': {
    at: 'filter_chains[0].filters[0]',
    resource: chains({ filters: [tcpProxy, networkRbac] }),
  },
  'HTTP filters without a router': {
    at: `${inTheFilter}.http_filters[0]`,
    resource: http({ httpFilters: [httpRbac] }),
  },
  'a router that is not the last': {
    at: `${inTheFilter}.http_filters[0]`,
    resource: http({ httpFilters: [router, httpRbac] }),
  },
  'an EDS cluster without a source': {
    at: 'eds_cluster_config.eds_config',
    resource: cluster(type(Cluster_DiscoveryType.EDS)),
  },
  'an original destination cluster that balances': {
    at: 'lb_policy',
    resource: cluster(type(Cluster_DiscoveryType.ORIGINAL_DST)),
  },
  'an original destination cluster with endpoints': {
    at: 'load_assignment',
    resource: cluster({
      ...type(Cluster_DiscoveryType.ORIGINAL_DST),
      lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
      loadAssignment: {
        clusterName: 'resource',
        endpoints: [{ lbEndpoints: [{ hostIdentifier: { $case: 'endpoint', value: { address: address() } } }] }],
      },
    }),
  },
  'a static cluster that leaves balancing to itself': {
    at: 'lb_policy',
    resource: cluster({ lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED }),
  },
  'a static cluster of host names': {
    at: 'load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address',
    resource: cluster({ loadAssignment: localhost }),
  },
  'an endpoint by host name': {
    at: 'endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address',
    resource: endpoint(address('localhost', 80)),
  },
  'an endpoint by IPv6 in brackets': {
    at: 'endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address',
    resource: endpoint(address('[::1]', 80)),
  },
};
