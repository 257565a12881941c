/** What every HTTP connection manager of a sidecar has in common: the application must not notice that it is there. */
import { pack } from '../envoy/any.ts';
import type { Http1ProtocolOptions, Http2ProtocolOptions } from '../gen/envoy/config/core/v3/protocol.ts';
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { Router } from '../gen/envoy/extensions/filters/http/router/v3/router.ts';
import {
  HttpConnectionManager,
  HttpConnectionManager_ServerHeaderTransformation,
  type HttpFilter,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { unlimited } from './duration.ts';

/** Enough for any application's own limit to be met first. */
export const maxHeadersCount = 1000;
export const maxHeadersKilobytes = 256;

export const http1: Http1ProtocolOptions = { enableTrailers: true };
/** WebSocket over HTTP/2 is an extended CONNECT. https://www.rfc-editor.org/rfc/rfc8441 */
export const http2: Http2ProtocolOptions = { allowConnect: true };

const router: HttpFilter = {
  name: 'envoy.filters.http.router',
  configType: { $case: 'typedConfig', value: pack(Router, { suppressEnvoyHeaders: true }) },
};

/**
 * A filter chain's HTTP connection manager. `authority` is what a request of HTTP/1.0, which may have none, is for.
 * Timeouts and limits are for applications to set; Envoy's own defaults would cut long polls and idle streams.
 */
export function httpFilter(
  authority: string,
  settings: HttpConnectionManager & Required<Pick<HttpConnectionManager, 'statPrefix' | 'routeSpecifier'>>,
): Filter {
  const manager: HttpConnectionManager = {
    ...settings,
    httpFilters: [...(settings.httpFilters ?? []), router],
    httpProtocolOptions: { ...http1, acceptHttp10: true, defaultHostForHttp10: authority },
    http2ProtocolOptions: http2,
    commonHttpProtocolOptions: { maxHeadersCount },
    maxRequestHeadersKb: maxHeadersKilobytes,
    streamIdleTimeout: unlimited,
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
  };
  return {
    name: 'envoy.filters.network.http_connection_manager',
    configType: { $case: 'typedConfig', value: pack(HttpConnectionManager, manager) },
  };
}
