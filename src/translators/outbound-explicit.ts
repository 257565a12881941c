/**
 * Outbound traffic of applications that use their sidecar as an HTTP proxy: the authority of a request decides. Each
 * authority is a scope that leads to the routes of a service port, the same routes that transparent sidecars have.
 */
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { TrafficDirection } from '../gen/envoy/config/core/v3/base.ts';
import type {
  LocalReplyConfig,
  ScopedRoutes,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import type { ServicePort } from '../mesh/model.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { tcpAddress } from './address.ts';
import { ads } from './config-source.ts';
import { denied } from './denial.ts';
import { httpFilter } from './http.ts';
import { names, partsOf } from './names.ts';
import { originsMetadata, serviceRef } from './origins.ts';

type ScopeResource = EnvoyResource & { type: 'scopedRoute' };

/** The scopes of a service port: by names that mean it everywhere, and by its short name, in its own namespace. */
export function scopes(
  port: Pick<ServicePort, 'key' | 'protocol' | 'number'>,
  clusterDomain: string,
): { readonly everywhere: readonly ScopeResource[]; readonly ownNamespace: readonly ScopeResource[] } {
  if (port.protocol !== 'http') return { everywhere: [], ownNamespace: [] };
  const { namespace, service } = partsOf(port.key);
  const hosts = [
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.${clusterDomain}`,
  ];
  // An authority without a port means 80. https://www.rfc-editor.org/rfc/rfc9110#section-4.2.1
  const authorities = (host: string) => [`${host}:${port.number}`, ...(port.number === 80 ? [host] : [])];
  return {
    everywhere: hosts.flatMap(authorities).map((authority) => scope(names.scope(authority), authority)),
    ownNamespace: authorities(service).map((authority) => scope(names.shortScope(namespace, authority), authority)),
  };

  function scope(name: string, authority: string): ScopeResource {
    return {
      type: 'scopedRoute',
      name,
      message: {
        name,
        routeConfigurationName: names.service(port.key),
        key: { fragments: [{ type: { $case: 'stringKey', value: authority } }] },
      },
      origins: [serviceRef(port.key)],
    };
  }
}

const byAuthority: ScopedRoutes = {
  name: names.outboundListener,
  // Without a separator the whole header is its only element.
  scopeKeyBuilder: {
    fragments: [
      {
        type: {
          $case: 'headerValueExtractor',
          value: { name: ':authority', extractType: { $case: 'index', value: 0 } },
        },
      },
    ],
  },
  rdsConfigSource: ads,
  configSpecifier: { $case: 'scopedRds', value: { scopedRdsConfigSource: ads } },
};

/** Without a scope there are no routes (`NR`): no service that this proxy was told of goes by that name and port. */
const unknownDestination: LocalReplyConfig = {
  mappers: [
    {
      filter: { filterSpecifier: { $case: 'responseFlagFilter', value: { flags: ['NR'] } } },
      statusCode: 403,
      headersToAdd: [denied('unknown-destination')],
      bodyFormatOverride: {
        format: {
          $case: 'textFormatSource',
          value: {
            specifier: {
              $case: 'inlineString',
              value: 'This workload may call no service at %REQ(:AUTHORITY)%, or there is none.\n',
            },
          },
        },
      },
    },
  ],
};

/** The HTTP proxy of an application, for it alone. */
export function explicitOutboundListener(pod: ObjectRef, port: number): EnvoyResource & { type: 'listener' } {
  return {
    type: 'listener',
    name: names.outboundListener,
    message: {
      name: names.outboundListener,
      address: tcpAddress('127.0.0.1', port),
      trafficDirection: TrafficDirection.OUTBOUND,
      metadata: originsMetadata([pod]),
      filterChains: [
        {
          filters: [
            httpFilter('localhost', {
              statPrefix: names.outboundListener,
              routeSpecifier: { $case: 'scopedRoutes', value: byAuthority },
              localReplyConfig: unknownDestination,
              stripTrailingHostDot: true,
            }),
          ],
        },
      ],
    },
    origins: [pod],
  };
}
