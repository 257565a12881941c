/** What sidecars of one mode need besides to reach a service port: how its address, or its name, leads to it. */
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { Protocol, Routing, ServicePort, ServicePortKey, SidecarInbound } from '../mesh/model.ts';
import { chosenEndpoint } from './cluster.ts';
import { names } from './names.ts';
import { scopes } from './outbound-explicit.ts';
import { transparentListeners } from './outbound-transparent.ts';
import { tcpDestinations } from './tcp.ts';

export interface Way {
  readonly resources: readonly EnvoyResource[];
  readonly names: WayNames;
}

/** The names that a client must be given to go the way. Unchanged for as long as the names are. */
export interface WayNames {
  readonly key: ServicePortKey;
  readonly everywhere: readonly string[];
  /** What only clients of the service's own namespace call it. */
  readonly ownNamespace: readonly string[];
}

/** Makes the way to one service port, again and again. What did not change is the same object as before. */
export type CreateWay = (key: ServicePortKey, clusterDomain: string) => (port: ServicePort) => Way;

export const createWay: Readonly<Record<SidecarInbound['mode'], CreateWay>> = {
  transparent: createTransparentWay,
  explicit: createExplicitWay,
};

function createTransparentWay(key: ServicePortKey, clusterDomain: string): (port: ServicePort) => Way {
  const listeners = memoizeLast(
    (
      protocol: Protocol,
      number: number,
      addresses: ServicePort['addresses'],
      headlessAddresses: ServicePort['headlessAddresses'],
    ) => transparentListeners({ key, protocol, number, addresses, headlessAddresses }, clusterDomain),
  );
  const destinationsOfEach = memoizeLast(
    (addresses: ServicePort['headlessAddresses'], { otherwise, origins }: Routing) =>
      addresses.map(({ address, port }) =>
        tcpDestinations(names.outbound(address, port), { key, otherwise, origins }, chosenEndpoint(key, address)),
      ),
  );
  const namesOf = memoizeLast((everywhere: readonly string[]): WayNames => ({ key, everywhere, ownNamespace: [] }));
  return ({ protocol, number, addresses, headlessAddresses, routing }) => {
    const ofAddresses = listeners(protocol, number, addresses, headlessAddresses);
    return {
      resources: protocol === 'tcp' ? [...ofAddresses, ...destinationsOfEach(headlessAddresses, routing)] : ofAddresses,
      names: namesOf(ofAddresses.map(({ name }) => name)),
    };
  };
}

function createExplicitWay(key: ServicePortKey, clusterDomain: string): (port: ServicePort) => Way {
  const way = memoizeLast((protocol: Protocol, number: number): Way => {
    const { everywhere, ownNamespace } = scopes({ key, protocol, number }, clusterDomain);
    return {
      resources: [...everywhere, ...ownNamespace],
      names: {
        key,
        everywhere: everywhere.map(({ name }) => name),
        ownNamespace: ownNamespace.map(({ name }) => name),
      },
    };
  });
  return ({ protocol, number }) => way(protocol, number);
}
