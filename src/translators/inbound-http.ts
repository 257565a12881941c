/** HTTP at the destination: the only place where access is decided (rule R31). */
import { pack } from '../envoy/any.ts';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import type { AccessLog, AccessLogFilter } from '../gen/envoy/config/accesslog/v3/accesslog.ts';
import { ComparisonFilter_Op } from '../gen/envoy/config/accesslog/v3/accesslog.ts';
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import type { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts';
import { StdoutAccessLog } from '../gen/envoy/extensions/access_loggers/stream/v3/stream.ts';
import {
  type HttpConnectionManager,
  HttpConnectionManager_ForwardClientCertDetails,
  type LocalReplyConfig,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import type { Access } from '../mesh/model.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { httpAccess, httpRbacFilter, httpRbacName } from './access.ts';
import { ads } from './config-source.ts';
import { denied, deniedHeader } from './denial.ts';
import { httpFilter } from './http.ts';
import { names } from './names.ts';
import { originsMetadata } from './origins.ts';
import { forwardingRoutes } from './routes.ts';

/**
 * Paths become canonical before anything looks at them, so that what is allowed is what the application gets.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
const canonicalPaths = { normalizePath: true, mergeSlashes: true } as const;

/** Only the RBAC filter makes a 403 of its own here. */
const notAllowed: LocalReplyConfig = {
  mappers: [
    {
      filter: {
        filterSpecifier: {
          $case: 'statusCodeFilter',
          value: {
            comparison: {
              op: ComparisonFilter_Op.EQ,
              value: { defaultValue: 403, runtimeKey: 'smi-envoy.denied-status' },
            },
          },
        },
      },
      headersToAdd: [denied('not-allowed')],
      bodyFormatOverride: {
        format: {
          $case: 'textFormatSource',
          value: {
            specifier: {
              $case: 'inlineString',
              value: 'No TrafficTarget allows %DOWNSTREAM_PEER_URI_SAN% this request: %REQ(:METHOD)% %PATH(NQ)%\n',
            },
          },
        },
      },
    },
  ],
};

/** What audit mode lets pass and enforce mode would not. */
const wouldBeDenied: AccessLogFilter = {
  filterSpecifier: {
    $case: 'metadataFilter',
    value: {
      matcher: {
        filter: httpRbacName,
        path: [{ segment: { $case: 'key', value: 'shadow_engine_result' } }],
        value: { matchPattern: { $case: 'stringMatch', value: { matchPattern: { $case: 'exact', value: 'denied' } } } },
      },
      matchIfKeyNotFound: false,
    },
  },
};

const auditLog: AccessLog = {
  name: 'envoy.access_loggers.stdout',
  filter: wouldBeDenied,
  configType: {
    $case: 'typedConfig',
    value: pack(StdoutAccessLog, {
      accessLogFormat: {
        $case: 'logFormat',
        value: {
          format: {
            $case: 'textFormatSource',
            value: {
              specifier: {
                $case: 'inlineString',
                value:
                  '[%START_TIME%] audit: not allowed to %DOWNSTREAM_PEER_URI_SAN%: %REQ(:METHOD)% %REQ(:AUTHORITY)%%PATH(NQ)%\n',
              },
            },
          },
        },
      },
    }),
  },
};

/** Forwards to the application what the routes of the port allow. `identified`: the caller has proven who it is. */
export const inboundHttpFilter = (port: number, identified: boolean): Filter =>
  httpFilter('localhost', {
    statPrefix: names.inbound(port),
    routeSpecifier: { $case: 'rds', value: { configSource: ads, routeConfigName: names.inbound(port) } },
    httpFilters: [httpRbacFilter],
    accessLog: [auditLog],
    localReplyConfig: notAllowed,
    ...canonicalPaths,
    ...(identified ? tellCaller : {}),
  });

/** The application learns who called, and cannot be told otherwise by the caller. */
const tellCaller: Pick<HttpConnectionManager, 'forwardClientCertDetails' | 'setCurrentClientCertDetails'> = {
  forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.SANITIZE_SET,
  setCurrentClientCertDetails: { uri: true },
};

/** Answers 403 to whoever has no certificate. */
export const noIdentityHttpFilter = (statPrefix: string): Filter =>
  httpFilter('localhost', {
    statPrefix: `${statPrefix}/no-identity`,
    routeSpecifier: { $case: 'routeConfig', value: noIdentityRoutes },
  });

const noIdentityRoutes: RouteConfiguration = {
  virtualHosts: [
    {
      name: 'no-identity',
      domains: ['*'],
      routes: [
        {
          match: { pathSpecifier: { $case: 'prefix', value: '/' } },
          action: {
            $case: 'directResponse',
            value: {
              status: 403,
              body: {
                specifier: {
                  $case: 'inlineString',
                  value:
                    'This port answers only to callers with an identity: this one has no sidecar, or one that was told of no TrafficTarget that lets it call this service.\n',
                },
              },
            },
          },
          responseHeadersToAdd: [denied('no-identity')],
        },
      ],
    },
  ],
};

/** The routes of a port to its application, with the policy that guards them. */
export function inboundRoutes(
  port: number,
  access: Access,
  services: readonly ObjectRef[],
): EnvoyResource & { type: 'route' } {
  const name = names.inbound(port);
  const origins = [...services, ...access.grants.map(({ origin }) => origin)];
  const message: RouteConfiguration = {
    name,
    virtualHosts: [
      {
        name,
        domains: ['*'],
        routes: forwardingRoutes({ $case: 'cluster', value: name }),
        typedPerFilterConfig: { [httpRbacName]: httpAccess(access) },
        // Only sidecars say this.
        responseHeadersToRemove: [deniedHeader],
        metadata: originsMetadata(origins),
      },
    ],
  };
  return { type: 'route', name, message, origins };
}
