/** Small resources for tests of the xDS server: real messages, each with a revision that is all that changes in it. */

import { pack } from '../envoy/any.ts';
import type { ResourceType } from '../envoy/resource-type.ts';
import { Cluster, Cluster_DiscoveryType } from '../gen/envoy/config/cluster/v3/cluster.ts';
import { TypedExtensionConfig } from '../gen/envoy/config/core/v3/extension.ts';
import { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint.ts';
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts';
import { ScopedRouteConfiguration } from '../gen/envoy/config/route/v3/scoped_route.ts';
import { Router } from '../gen/envoy/extensions/filters/http/router/v3/router.ts';
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import { Secret } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts';
import { makeResource, makeResourceSet } from '../snapshot/make.ts';
import type { Resource } from '../snapshot/resource.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

const ads = { configSourceSpecifier: { $case: 'ads', value: {} } } as const;

/** An EDS cluster whose endpoints have its name; the revision is its connect timeout in seconds. */
export const cluster = (name: string, revision = 1): Resource =>
  makeResource(
    'cluster',
    name,
    Cluster.encode({
      name,
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: ads },
      connectTimeout: { seconds: revision, nanos: 0 },
    }).finish(),
  );

/** One endpoint on loopback; the revision is its port. */
export const endpoint = (name: string, revision = 1): Resource =>
  makeResource(
    'endpoint',
    name,
    ClusterLoadAssignment.encode({
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { $case: 'endpoint', value: { address: loopback(revision) } } }] }],
    }).finish(),
  );

const loopback = (port: number) =>
  ({
    address: {
      $case: 'socketAddress',
      value: { address: '127.0.0.1', portSpecifier: { $case: 'portValue', value: port } },
    },
  }) as const;

/** An HTTP listener without a socket that takes its routes from RDS by the name `route`. */
export const listener = (name: string, revision = 1, route: string = name): Resource =>
  makeResource(
    'listener',
    name,
    Listener.encode({
      name,
      address: loopback(20_000 + revision),
      bindToPort: false,
      filterChains: [
        {
          filters: [
            {
              name: 'http',
              configType: {
                $case: 'typedConfig',
                value: pack(HttpConnectionManager, {
                  statPrefix: `${name}-${revision}`,
                  routeSpecifier: { $case: 'rds', value: { routeConfigName: route, configSource: ads } },
                  httpFilters: [{ name: 'router', configType: { $case: 'typedConfig', value: pack(Router, {}) } }],
                }),
              },
            },
          ],
        },
      ],
    }).finish(),
  );

/** Sends everything to a cluster, by default of its own name; the revision is a request header that it adds. */
export const route = (name: string, revision = 1, to: string = name): Resource =>
  makeResource(
    'route',
    name,
    RouteConfiguration.encode({
      name,
      virtualHosts: [
        {
          name: 'all',
          domains: ['*'],
          requestHeadersToAdd: [{ header: { key: 'x-revision', value: String(revision) } }],
          routes: [
            {
              match: { pathSpecifier: { $case: 'prefix', value: '/' } },
              action: { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: to } } },
            },
          ],
        },
      ],
    }).finish(),
  );

export const scopedRoute = (name: string, revision = 1): Resource =>
  makeResource(
    'scopedRoute',
    name,
    ScopedRouteConfiguration.encode({
      name,
      routeConfigurationName: name,
      key: { fragments: [{ type: { $case: 'stringKey', value: `${name}-${revision}` } }] },
    }).finish(),
  );

export const secret = (name: string, revision = 1): Resource =>
  makeResource(
    'secret',
    name,
    Secret.encode({
      name,
      type: {
        $case: 'genericSecret',
        value: { secret: { specifier: { $case: 'inlineString', value: `secret ${revision}` } } },
      },
    }).finish(),
  );

/** Of a filter for TCP connections, which all go to one cluster. */
export const extension = (name: string, revision = 1, to: string = name): Resource =>
  makeResource(
    'extension',
    name,
    TypedExtensionConfig.encode({
      name,
      typedConfig: pack(TcpProxy, {
        statPrefix: `${name}-${revision}`,
        clusterSpecifier: { $case: 'cluster', value: to },
      }),
    }).finish(),
  );

/** A resource of the type, whatever it is. */
export const make: { readonly [T in ResourceType]: (name: string, revision?: number) => Resource } = {
  cluster,
  endpoint,
  listener: (name, revision) => listener(name, revision),
  route: (name, revision) => route(name, revision),
  scopedRoute,
  secret,
  extension: (name, revision) => extension(name, revision),
};

/** All in one layer. */
export const snapshotOf = (...resources: readonly Resource[]): Snapshot => ({
  layers: [{ resources: makeResourceSet(resources), names: 'all' }],
});
