/** One service port's part of a translation, remembered piece by piece. */
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { Protocol, Routing, ServicePort, ServicePortKey } from '../mesh/model.ts';
import { chosenEndpoint, serverNames, serviceCluster } from './cluster.ts';
import { serviceEndpoints } from './endpoints.ts';
import { names } from './names.ts';
import { scopes } from './outbound-explicit.ts';
import { transparentListeners } from './outbound-transparent.ts';
import { serviceRoutes } from './routes.ts';
import { tcpDestinations } from './tcp.ts';

/** What becomes of one service port. Each resource is the same object for as long as what it was made from is. */
export interface ServiceTranslation {
  readonly shared: readonly EnvoyResource[];
  readonly transparent: readonly EnvoyResource[];
  readonly explicit: readonly EnvoyResource[];
  readonly names: ServiceNames;
  /** Every proxy is given it. */
  readonly openToAll: boolean;
}

/** The names that a client must be given to reach the port. Unchanged for as long as the names are. */
export interface ServiceNames {
  readonly key: ServicePortKey;
  readonly shared: string;
  readonly transparent: readonly string[];
  readonly explicit: readonly string[];
  /** What only clients of its own namespace call it. */
  readonly explicitOwnNamespace: readonly string[];
}

const namesOf = (resources: readonly EnvoyResource[]): readonly string[] => resources.map(({ name }) => name);

/** Translates one service port, again and again as it changes. */
export function createServiceTranslator(
  key: ServicePortKey,
  clusterDomain: string,
): (port: ServicePort) => ServiceTranslation {
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
  const listeners = memoizeLast(
    (
      protocol: Protocol,
      number: number,
      addresses: ServicePort['addresses'],
      headlessAddresses: ServicePort['headlessAddresses'],
    ) => transparentListeners({ key, protocol, number, addresses, headlessAddresses }, clusterDomain),
  );
  const destinations = memoizeLast(({ otherwise, origins }: Routing) =>
    tcpDestinations(names.service(key), { key, otherwise, origins }),
  );
  const destinationsOfEach = memoizeLast(
    (addresses: ServicePort['headlessAddresses'], { otherwise, origins }: Routing) =>
      addresses.map(({ address, port }) =>
        tcpDestinations(names.outbound(address, port), { key, otherwise, origins }, chosenEndpoint(key, address)),
      ),
  );
  const scoped = memoizeLast((protocol: Protocol, number: number) => scopes({ key, protocol, number }, clusterDomain));
  const serviceNames = memoizeLast(
    (
      transparent: readonly string[],
      explicit: readonly string[],
      explicitOwnNamespace: readonly string[],
    ): ServiceNames => ({ key, shared: names.service(key), transparent, explicit, explicitOwnNamespace }),
  );
  return (port) => {
    const { protocol, http2, number, routing } = port;
    const chosen = port.headlessAddresses.length > 0;
    const transparent = listeners(protocol, number, port.addresses, port.headlessAddresses);
    const { everywhere, ownNamespace } = scoped(protocol, number);
    return {
      shared: [
        cluster(protocol, http2, chosen, port.servers, serverNames(port.endpoints)),
        endpoints(protocol, chosen, port.endpoints),
        ...(protocol === 'http' ? [routes(routing)] : []),
        ...(protocol === 'tcp' ? [destinations(routing)] : []),
      ],
      transparent:
        protocol === 'tcp' && chosen
          ? [...transparent, ...destinationsOfEach(port.headlessAddresses, routing)]
          : transparent,
      explicit: [...everywhere, ...ownNamespace],
      names: serviceNames(namesOf(transparent), namesOf(everywhere), namesOf(ownNamespace)),
      openToAll: port.openToAll,
    };
  };
}
