/** What all sidecars share of one service port, remembered piece by piece. */
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { Protocol, Routing, ServicePort, ServicePortKey } from '../mesh/model.ts';
import { serverNames, serviceCluster } from './cluster.ts';
import { serviceEndpoints } from './endpoints.ts';
import { names } from './names.ts';
import { serviceRoutes } from './routes.ts';
import { tcpDestinations } from './tcp.ts';

/** Translates one service port, again and again. Each resource is the same object for as long as what it is made of. */
export function createServiceTranslator(key: ServicePortKey): (port: ServicePort) => readonly EnvoyResource[] {
  const cluster = memoizeLast(
    (
      protocol: Protocol,
      http2: boolean,
      chosen: boolean,
      servers: ServicePort['servers'],
      explicit: readonly string[],
    ) => serviceCluster({ key, protocol, http2, servers }, chosen, explicit),
  );
  const endpoints = memoizeLast((protocol: Protocol, chosen: boolean, endpoints: ServicePort['endpoints']) =>
    serviceEndpoints({ key, protocol, endpoints }, chosen),
  );
  const routes = memoizeLast((routing: Routing) => serviceRoutes({ key, routing }));
  const destinations = memoizeLast(({ otherwise, origins }: Routing) =>
    tcpDestinations(names.service(key), { key, otherwise, origins }),
  );
  return ({ protocol, http2, servers, routing, endpoints: all, headlessAddresses }) => {
    const chosen = headlessAddresses.length > 0;
    return [
      cluster(protocol, http2, chosen, servers, serverNames(all)),
      endpoints(protocol, chosen, all),
      ...(protocol === 'http' ? [routes(routing)] : []),
      ...(protocol === 'tcp' ? [destinations(routing)] : []),
    ];
  };
}
