/** What Envoy asks of listeners beyond its protoc-gen-validate rules: refused by a real one in conformance/envoy. */
import { isIP } from 'node:net';
import type { Address } from '../gen/envoy/config/core/v3/address.ts';
import { SocketAddress_Protocol } from '../gen/envoy/config/core/v3/address.ts';
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import type { FilterChain, FilterChainMatch } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { Router } from '../gen/envoy/extensions/filters/http/router/v3/router.ts';
import { Config as DirectResponse } from '../gen/envoy/extensions/filters/network/direct_response/v3/config.ts';
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import type { Any } from '../gen/google/protobuf/any.ts';
import { packedCodec, typeUrlOf } from './any.ts';
import { repeated, type Violations } from './violation.ts';

const terminalNetworkFilters: ReadonlySet<string> = new Set(
  [DirectResponse, HttpConnectionManager, TcpProxy].map(typeUrlOf),
);
const terminalHttpFilters: ReadonlySet<string> = new Set([Router].map(typeUrlOf));

export function checkListener(listener: Listener, violations: Violations): void {
  const { address, additionalAddresses = [], filterChains = [] } = listener;
  if (address === undefined) violations.push({ path: 'address', reason: 'is required' });
  else checkIpAddress(address, 'address', violations);
  for (const [index, { address: another }] of additionalAddresses.entries()) {
    if (another !== undefined) checkIpAddress(another, `additional_addresses[${index}].address`, violations);
  }
  if (filterChains.length === 0 && listener.defaultFilterChain === undefined && !isUdp(address)) {
    violations.push({ path: 'filter_chains', reason: 'must have at least 1 item' });
  }
  // With a matcher of its own the listener finds its chains by name and does not look at their matches.
  if (listener.filterChainMatcher === undefined) checkMatches(filterChains, violations);
}

const isUdp = (address: Address | undefined): boolean =>
  address?.address?.$case === 'socketAddress' && address.address.value.protocol === SocketAddress_Protocol.UDP;

/** Envoy resolves no names where it wants an address. */
export function checkIpAddress({ address }: Address, path: string, violations: Violations): void {
  if (address?.$case !== 'socketAddress') return;
  const { address: ip = '' } = address.value;
  if (isIP(ip) === 0) violations.push({ path: `${path}.socket_address.address`, reason: `${ip} is not an IP address` });
}

/** No two chains may match alike in any of the combinations that they list. */
function checkMatches(chains: readonly FilterChain[], violations: Violations): void {
  const matches = chains.flatMap(({ filterChainMatch = {} }, index) =>
    combinations(filterChainMatch).map((match) => ({ match, index })),
  );
  const overlapping = repeated(matches.map(({ match }) => match)).map((at) => matches[at]?.index);
  for (const index of new Set(overlapping)) {
    violations.push({
      path: `filter_chains[${index}].filter_chain_match`,
      reason: 'overlaps with that of another chain',
    });
  }
  for (const [index, { filterChainMatch }] of chains.entries()) {
    for (const [at, name] of (filterChainMatch?.serverNames ?? []).entries()) {
      if (!(name.startsWith('*.') ? name.slice(2) : name).includes('*')) continue;
      const path = `filter_chains[${index}].filter_chain_match.server_names[${at}]`;
      violations.push({ path, reason: 'a wildcard must be the whole first label' });
    }
  }
}

/** Address ranges are compared as they are written. */
function combinations(match: FilterChainMatch): readonly string[] {
  const criteria: readonly (readonly unknown[] | undefined)[] = [
    [match.destinationPort ?? ''],
    match.prefixRanges,
    match.serverNames?.map((name) => name.toLowerCase()),
    [match.transportProtocol ?? ''],
    match.applicationProtocols,
    match.directSourcePrefixRanges,
    [match.sourceType ?? 0],
    match.sourcePrefixRanges,
    match.sourcePorts,
  ];
  return criteria
    .map((values) =>
      values === undefined || values.length === 0 ? [''] : values.map((value) => JSON.stringify(value)),
    )
    .reduce((sofar, values) => sofar.flatMap((before) => values.map((value) => `${before} ${value}`)), ['']);
}

export function checkFilterChain({ filters = [] }: FilterChain, violations: Violations): void {
  const configs = filters.map(({ configType }) => (configType?.$case === 'typedConfig' ? configType.value : undefined));
  checkOrder(configs, 'filters', terminalNetworkFilters, violations);
}

export function checkHttpFilters({ httpFilters = [] }: HttpConnectionManager, violations: Violations): void {
  const configs = httpFilters.map(({ configType }) =>
    configType?.$case === 'typedConfig' ? configType.value : undefined,
  );
  checkOrder(configs, 'http_filters', terminalHttpFilters, violations);
}

/** The last filter, and no other, must be one that ends the chain. Of filters that we never use nothing is known. */
function checkOrder(
  configs: readonly (Any | undefined)[],
  path: string,
  terminal: ReadonlySet<string>,
  violations: Violations,
): void {
  const ends = configs.map(({ typeUrl = '' } = {}) => terminal.has(typeUrl));
  const early = ends.slice(0, -1).indexOf(true);
  const last = configs.length - 1;
  if (early >= 0) violations.push({ path: `${path}[${early}]`, reason: 'must be the last' });
  else if (ends[last] === false && packedCodec(configs[last]?.typeUrl ?? '') !== undefined) {
    violations.push({ path: `${path}[${last}]`, reason: 'cannot be the last' });
  }
}
