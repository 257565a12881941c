/** Which service port has an address where several claim it. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { KeyedMemo, memoizeLast } from '../lib/memo.ts';
import { by } from '../lib/order.ts';
import { describeRef } from '../objects/object-ref.ts';
import type { Backing } from './backings.ts';
import type { ServicePortKey, SocketAddress } from './model.ts';
import { byPrecedence } from './precedence.ts';
import { listed, warningOn } from './report.ts';

export interface OwnAddresses {
  readonly virtual: readonly string[];
  readonly headless: readonly SocketAddress[];
}

export interface Addresses {
  /** What is left to a service port of the addresses it claims; the same as long as its claims and losses are. */
  readonly of: (port: ServicePortKey) => OwnAddresses;
  readonly diagnostics: readonly Diagnostic[];
}

const nothing: OwnAddresses = { virtual: [], headless: [] };

/**
 * Gives every address and port to one service port: the oldest Service's, else the first by name. Two headless Services
 * with the same pods are the usual case; what gets two listeners on one address would refuse all of them.
 */
export function createAddresses(): (backings: readonly Backing[]) => Addresses {
  const claim = new KeyedMemo((_key: ServicePortKey, backing: Backing, lost: readonly string[]) =>
    ownAddresses(backing, new Set(lost)),
  );
  return memoizeLast((backings) => {
    const owners = new Map<string, Backing>();
    const losses = new Map<Backing, string[]>();
    for (const backing of backings.toSorted((a, b) => byPrecedence(a.declared.service, b.declared.service))) {
      for (const address of claims(backing)) {
        const owner = owners.get(address);
        if (owner === undefined) owners.set(address, backing);
        else if (owner !== backing) losses.set(backing, [...(losses.get(backing) ?? []), address]);
      }
    }
    const own = new Map<ServicePortKey, OwnAddresses>();
    for (const backing of backings) {
      const { key } = backing.declared;
      own.set(key, claim.get(key, backing, losses.get(backing) ?? none));
    }
    claim.sweep();
    return {
      of: (port) => own.get(port) ?? nothing,
      diagnostics: [...losses].sort(by(([{ declared }]) => declared.key)).map(([loser, addresses]) => {
        const { declared } = loser;
        const winners = addresses
          .map((address) => owners.get(address)?.declared.ref)
          .filter((ref) => ref !== undefined);
        const message =
          `Traffic to ${listed(addresses.map(shown))} belongs to ${listed([...new Set(winners.map(describeRef))])}, ` +
          `which is older or first by name; what is said of this port does not apply to it.`;
        return warningOn('AddressConflict', declared.ref, declared.field, message);
      }),
    };
  });
}

const none: readonly string[] = [];

/** Keys of the addresses that a port claims. TCP and UDP are different worlds. */
function claims({ declared, endpoints }: Backing): readonly string[] {
  const { service, number, transport } = declared;
  return service.headless
    ? endpoints.map(({ address, port }) => claimKey(transport, address, port))
    : service.clusterIPs.map((address) => claimKey(transport, address, number));
}

const claimKey = (transport: string, address: string, port: number): string => `${transport} ${address} ${port}`;

const shown = (claimed: string): string => claimed.replace(/^\S+ (\S+) (\S+)$/, '$1 port $2');

function ownAddresses({ declared, endpoints }: Backing, lost: ReadonlySet<string>): OwnAddresses {
  const { service, number, transport } = declared;
  if (!service.headless) {
    const virtual = service.clusterIPs.filter((address) => !lost.has(claimKey(transport, address, number)));
    return { virtual, headless: [] };
  }
  const headless = endpoints.filter(({ address, port }) => !lost.has(claimKey(transport, address, port)));
  return { virtual: [], headless: headless.map(({ address, port }) => ({ address, port })) };
}
