import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cluster_DiscoveryType } from '../gen/envoy/config/cluster/v3/cluster.ts';
import type { ConfigSource } from '../gen/envoy/config/core/v3/config_source.ts';
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import { UdpProxyConfig } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy.ts';
import { DownstreamTlsContext, UpstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts';
import { type MessageCodec, pack } from './any.ts';
import { referencesOf } from './references.ts';
import { type MessageByType, type ResourceType, resourceTypeTable } from './resource-type.ts';

const ads: ConfigSource = { configSourceSpecifier: { $case: 'ads', value: {} } };
const packed = <M>(codec: MessageCodec<M>, message: M) =>
  ({ configType: { $case: 'typedConfig', value: pack(codec, message) } }) as const;
const toCluster = (name: string) => ({ clusterSpecifier: { $case: 'cluster', value: name } }) as const;
const secret = (name: string) => ({ name, sdsConfig: ads });

type Case = {
  readonly [T in ResourceType]: {
    readonly type: T;
    readonly name?: string;
    readonly message: MessageByType[T];
    readonly leadsTo: readonly string[];
  };
}[ResourceType];

const cases: Record<string, Case> = {
  'a route configuration names the clusters of its routes, weighted and mirrored ones too, each once': {
    type: 'route',
    message: {
      virtualHosts: [
        {
          routes: [
            { action: { $case: 'route', value: toCluster('a') } },
            {
              action: {
                $case: 'route',
                value: {
                  clusterSpecifier: {
                    $case: 'weightedClusters',
                    value: {
                      clusters: [
                        { name: 'b', weight: 1 },
                        { name: 'a', weight: 1 },
                      ],
                    },
                  },
                  requestMirrorPolicies: [{ cluster: 'c' }],
                },
              },
            },
            { action: { $case: 'redirect', value: { pathRewriteSpecifier: { $case: 'pathRedirect', value: '/' } } } },
          ],
        },
      ],
    },
    leadsTo: ['cluster a', 'cluster b', 'cluster c'],
  },
  'a listener names the resource in which a filter has its configuration, and that names the clusters': {
    type: 'listener',
    message: {
      filterChains: [
        { filters: [{ name: 'x', configType: { $case: 'configDiscovery', value: { configSource: ads } } }] },
      ],
    },
    leadsTo: ['extension x'],
  },
  'the configuration of a filter for TCP names its clusters': {
    type: 'extension',
    message: {
      name: 'x',
      typedConfig: pack(TcpProxy, { statPrefix: 'x', clusterSpecifier: { $case: 'cluster', value: 'a' } }),
    },
    leadsTo: ['cluster a'],
  },
  'a scoped route names its route configuration': {
    type: 'scopedRoute',
    message: { name: 'scope', routeConfigurationName: 'r' },
    leadsTo: ['route r'],
  },
  'an EDS cluster names endpoints of its own name': {
    type: 'cluster',
    name: 'web',
    message: {
      name: 'web',
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: ads },
    },
    leadsTo: ['endpoint web'],
  },
  'an EDS cluster with a service name names the endpoints of that name': {
    type: 'cluster',
    name: 'web',
    message: {
      name: 'web',
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: ads, serviceName: 'other' },
    },
    leadsTo: ['endpoint other'],
  },
  'a static cluster names no endpoints': {
    type: 'cluster',
    name: 'web',
    message: { name: 'web', clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC } },
    leadsTo: [],
  },
  'a cluster names the secrets of its transport sockets, but not those of the bootstrap': {
    type: 'cluster',
    message: {
      transportSocket: {
        name: 'tls',
        ...packed(UpstreamTlsContext, {
          commonTlsContext: { tlsCertificateSdsSecretConfigs: [secret('certificate'), { name: 'of the bootstrap' }] },
        }),
      },
      transportSocketMatches: [
        {
          name: 'mtls',
          transportSocket: {
            name: 'tls',
            ...packed(UpstreamTlsContext, {
              commonTlsContext: {
                validationContextType: {
                  $case: 'combinedValidationContext',
                  value: { validationContextSdsSecretConfig: secret('roots') },
                },
              },
            }),
          },
        },
      ],
    },
    // In the order of the bytes, which need not be that of the fields.
    leadsTo: ['secret roots', 'secret certificate'],
  },
  'a listener names its route configurations, and the clusters of routes it has itself': {
    type: 'listener',
    message: {
      filterChains: [
        {
          filters: [
            {
              name: 'http',
              ...packed(HttpConnectionManager, {
                statPrefix: 'not a name',
                routeSpecifier: { $case: 'rds', value: { routeConfigName: 'r', configSource: ads } },
              }),
            },
          ],
        },
      ],
      defaultFilterChain: {
        filters: [
          {
            name: 'http',
            ...packed(HttpConnectionManager, {
              routeSpecifier: {
                $case: 'routeConfig',
                value: { virtualHosts: [{ routes: [{ action: { $case: 'route', value: toCluster('inline') } }] }] },
              },
            }),
          },
        ],
      },
    },
    leadsTo: ['route r', 'cluster inline'],
  },
  'a listener names the clusters of TCP and UDP proxies, and the secrets of its chains': {
    type: 'listener',
    message: {
      listenerFilters: [
        {
          name: 'udp',
          ...packed(UdpProxyConfig, { routeSpecifier: { $case: 'cluster', value: 'udp' } }),
        },
      ],
      filterChains: [
        {
          filters: [
            {
              name: 'tcp',
              ...packed(TcpProxy, { statPrefix: 'x', clusterSpecifier: { $case: 'cluster', value: 'one' } }),
            },
          ],
          transportSocket: {
            name: 'tls',
            ...packed(DownstreamTlsContext, {
              commonTlsContext: {
                tlsCertificateSdsSecretConfigs: [secret('certificate')],
                validationContextType: { $case: 'validationContextSdsSecretConfig', value: secret('callers') },
              },
            }),
          },
        },
        {
          filters: [
            {
              name: 'tcp',
              ...packed(TcpProxy, {
                clusterSpecifier: { $case: 'weightedClusters', value: { clusters: [{ name: 'two', weight: 1 }] } },
              }),
            },
          ],
        },
      ],
    },
    leadsTo: ['cluster one', 'secret certificate', 'secret callers', 'cluster two', 'cluster udp'],
  },
  'endpoints lead nowhere': { type: 'endpoint', message: { clusterName: 'web' }, leadsTo: [] },
};

describe('what a resource refers to', () => {
  for (const [sentence, { type, name = 'own', message, leadsTo }] of Object.entries(cases)) {
    test(sentence, () => {
      const encode = resourceTypeTable[type].encode as (message: unknown) => Uint8Array;
      assert.deepEqual(
        referencesOf(type, name, encode(message)).map((reference) => `${reference.type} ${reference.name}`),
        leadsTo,
      );
    });
  }
});
