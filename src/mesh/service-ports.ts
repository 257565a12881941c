/** The service ports as everybody sees them, put together from what is known of each. */
import { KeyedMemo, keepSameMap, memoizeLast } from '../lib/memo.ts';
import type { Addresses, OwnAddresses } from './addresses.ts';
import type { Backing } from './backings.ts';
import type { Routing, ServicePort, ServicePortKey } from './model.ts';
import { plainRouting, type Routings } from './routings.ts';

/** A service port is the same as long as what is behind it, its routing and its addresses are. Sorted by key. */
export function createServicePorts(): (
  backings: readonly Backing[],
  routings: Routings,
  addresses: Addresses,
  openToAll: ReadonlySet<ServicePortKey>,
) => ReadonlyMap<ServicePortKey, ServicePort> {
  const make = new KeyedMemo(
    (key: ServicePortKey, backing: Backing, routing: Routing, addresses: OwnAddresses, open: boolean): ServicePort => ({
      key,
      service: backing.declared.ref,
      number: backing.declared.number,
      protocol: backing.declared.protocol,
      http2: backing.declared.http2,
      addresses: addresses.virtual,
      headlessAddresses: addresses.headless,
      endpoints: backing.endpoints,
      servers: backing.servers,
      routing,
      openToAll: open,
      origins: backing.origins,
    }),
  );
  const same = keepSameMap<ServicePortKey, ServicePort>();
  return memoizeLast((backings, routings, addresses, openToAll) => {
    const ports = new Map<ServicePortKey, ServicePort>();
    for (const backing of backings) {
      const { declared } = backing;
      const { key } = declared;
      const routing = routings.split.get(key) ?? plainRouting(declared);
      ports.set(key, make.get(key, backing, routing, addresses.of(key), openToAll.has(key)));
    }
    make.sweep();
    return same(ports);
  });
}
