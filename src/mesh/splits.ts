/** TrafficSplits: what each makes of its root Service's ports (rules R10 to R16), on its own. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { KeyedMemo, memoizeByIdentity, memoizeLast } from '../lib/memo.ts';
import { by } from '../lib/order.ts';
import type { Service } from '../objects/core.ts';
import { type NamespacedName, namespacedName, type ObjectRef } from '../objects/object-ref.ts';
import type { TrafficSplit } from '../smi/model.ts';
import { type DeclaredPort, declaredPorts } from './declared-ports.ts';
import type { Destinations, HttpMatch, ServicePortKey } from './model.ts';
import type { MeshOptions } from './options.ts';
import { byPrecedence } from './precedence.ts';
import { keyOf, trafficSplitRef } from './refs.ts';
import { errorOn, listed, warningOn } from './report.ts';
import type { RouteGroup, RouteGroups } from './route-groups.ts';
import { parseServiceName } from './service-name.ts';

/** A split whose root exists and can be split. */
export interface ResolvedSplit {
  readonly ref: ObjectRef;
  readonly split: TrafficSplit;
  readonly root: Service;
  /** `undefined`: it applies to everything. Empty: none of its groups gives any, and it applies to nothing. */
  readonly matches: readonly HttpMatch[] | undefined;
  readonly shares: ReadonlyMap<ServicePortKey, Destinations>;
}

export interface Splits {
  /** By root Service; the oldest first, then the first by name (rule R17). */
  readonly byRoot: ReadonlyMap<NamespacedName, readonly ResolvedSplit[]>;
  readonly diagnostics: readonly Diagnostic[];
}

interface Reading {
  readonly resolved: ResolvedSplit | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A split that changes leaves the lists of all other roots as they are. */
export function createSplits(
  options: MeshOptions,
): (
  splits: ReadonlyMap<NamespacedName, TrafficSplit>,
  services: ReadonlyMap<NamespacedName, Service>,
  groups: RouteGroups,
) => Splits {
  const read = new KeyedMemo(
    (
      _key: NamespacedName,
      split: TrafficSplit,
      services: readonly (Service | undefined)[],
      groups: readonly (RouteGroup | undefined)[],
    ) => readSplit(split, services, groups, options),
  );
  /** The root, then the backends, where they are in the split's own namespace. */
  const servicesOf = memoizeByIdentity((split: TrafficSplit) =>
    [split.service, ...split.backends.map(({ service }) => service)].map((name) => {
      const named = parseServiceName(name, split.meta.namespace, options.clusterDomain);
      return named?.namespace === split.meta.namespace ? namespacedName(named.namespace, named.name) : undefined;
    }),
  );
  const lists = new KeyedMemo((_root: NamespacedName, splits: readonly ResolvedSplit[]) => splits);

  return memoizeLast((splits, serviceMap, groups) => {
    const resolved: ResolvedSplit[] = [];
    const diagnostics: Diagnostic[] = [];
    for (const split of splits.values()) {
      const reading = read.get(
        keyOf(split),
        split,
        servicesOf(split).map((key) => (key === undefined ? undefined : serviceMap.get(key))),
        split.matches.map((name) => groups.get(namespacedName(split.meta.namespace, name))),
      );
      if (reading.resolved !== undefined) resolved.push(reading.resolved);
      if (reading.diagnostics.length > 0) diagnostics.push(...reading.diagnostics);
    }
    read.sweep();

    resolved.sort((a, b) => byPrecedence(a.split, b.split));
    const byRoot = Map.groupBy(resolved, ({ root }) => keyOf(root));
    const stable = new Map([...byRoot].map(([root, list]) => [root, lists.get(root, list)] as const));
    lists.sweep();
    return { byRoot: stable, diagnostics };
  });
}

function readSplit(
  split: TrafficSplit,
  [root, ...backends]: readonly (Service | undefined)[],
  groups: readonly (RouteGroup | undefined)[],
  options: MeshOptions,
): Reading {
  const ref = trafficSplitRef(split);
  const unsplittable = rootProblem(split, root, options);
  if (root === undefined || unsplittable !== undefined) {
    return { resolved: undefined, diagnostics: unsplittable === undefined ? [] : [unsplittable] };
  }
  const diagnostics: Diagnostic[] = [];
  const matches = split.matches.length === 0 ? undefined : readMatches(split, groups, ref, diagnostics);
  const ports = declaredPorts(root).ports.filter((port) => {
    if (matches === undefined || port.protocol === 'http') return true;
    const message = `Port ${port.number} of the root is ${port.protocol.toUpperCase()}, where nothing can be matched; this split leaves it alone.`;
    diagnostics.push(warningOn('MatchesNotForTcp', ref, 'spec.matches', message));
    return false;
  });
  for (const { number } of ports.filter(({ transport }) => transport === 'udp')) {
    const message =
      `Port ${number} of the root is UDP, which is not divided: explicit sidecars send all of it to the backend with ` +
      'the largest weight, and it passes by transparent ones.';
    diagnostics.push(warningOn('UnsupportedKind', ref, 'spec.service', message));
  }
  const shares = divide(split, ports, backends, ref, diagnostics);
  return { resolved: { ref, split, root, matches, shares }, diagnostics };
}

function rootProblem(split: TrafficSplit, root: Service | undefined, options: MeshOptions): Diagnostic | undefined {
  const { namespace } = split.meta;
  const ref = trafficSplitRef(split);
  const unsupported = (message: string) => errorOn('RootNotSupported', ref, 'spec.service', message);
  const named = parseServiceName(split.service, namespace, options.clusterDomain);
  if (named === undefined) {
    return unsupported(
      `${JSON.stringify(split.service)} is not the name of a Service in this cluster; nothing is split.`,
    );
  }
  if (named.namespace !== namespace) {
    return unsupported(`Only Services of namespace ${namespace} can be split by this object; nothing is split.`);
  }
  if (root === undefined) {
    const message = `Service ${namespace}/${named.name} does not exist; nothing is split until it does.`;
    return warningOn('RootNotFound', ref, 'spec.service', message);
  }
  if (root.externalName !== undefined) {
    return unsupported(`Service ${namespace}/${named.name} is an alias of ${root.externalName}; nothing is split.`);
  }
  return undefined;
}

/** The groups are merged: any match of any group will do (rule R16). */
function readMatches(
  split: TrafficSplit,
  groups: readonly (RouteGroup | undefined)[],
  ref: ObjectRef,
  diagnostics: Diagnostic[],
): readonly HttpMatch[] {
  const matches = new Set<HttpMatch>();
  split.matches.forEach((name, index) => {
    const group = groups[index];
    if (group === undefined) {
      const message = `HTTPRouteGroup ${split.meta.namespace}/${name} does not exist; no request matches by it.`;
      diagnostics.push(warningOn('RouteGroupNotFound', ref, `spec.matches[${index}].name`, message));
    }
    for (const match of group?.matches ?? []) matches.add(match);
  });
  return [...matches];
}

/** Rule R12: on each port of the root, a backend takes part if it has a port of the same number. */
function divide(
  split: TrafficSplit,
  ports: readonly DeclaredPort[],
  backends: readonly (Service | undefined)[],
  ref: ObjectRef,
  diagnostics: Diagnostic[],
): ReadonlyMap<ServicePortKey, Destinations> {
  const weights = new Map(ports.map(({ key }) => [key, new Map<ServicePortKey, number>()] as const));
  split.backends.forEach(({ service: name, weight }, index) => {
    const field = `spec.backends[${index}].service`;
    const backend = backends[index];
    if (backend === undefined || backend.externalName !== undefined) {
      const why = backend === undefined ? 'does not exist in this namespace' : `is an alias of ${backend.externalName}`;
      const message = `Service ${name} ${why}; it gets no traffic and the others share by weight.`;
      diagnostics.push(warningOn('BackendMissing', ref, field, message));
      return;
    }
    const missing: number[] = [];
    for (const { key, number, transport } of ports) {
      const own = declaredPorts(backend).ports.find((port) => port.number === number && port.transport === transport);
      const shares = weights.get(key);
      if (own === undefined) missing.push(number);
      else if (weight > 0) shares?.set(own.key, (shares.get(own.key) ?? 0) + weight);
    }
    if (missing.length > 0) {
      const message = `Service ${name} has no port ${listed(missing)}; it gets no traffic that is sent to that port of the root.`;
      diagnostics.push(warningOn('PortMismatch', ref, field, message));
    }
  });

  const unusable = ports.filter(({ key }) => weights.get(key)?.size === 0);
  if (unusable.length > 0) {
    const where = `port ${listed(unusable.map(({ number }) => number))}`;
    const message = `No backend with a weight above zero can be used on ${where}; HTTP is answered 503 and TCP is closed.`;
    diagnostics.push(errorOn('NoUsableBackend', ref, 'spec.backends', message));
  }
  return new Map([...weights].map(([key, shares]) => [key, toDestinations(shares)] as const));
}

const toDestinations = (shares: ReadonlyMap<ServicePortKey, number>): Destinations =>
  [...shares].sort(by(([port]) => port)).map(([port, weight]) => ({ port, weight }));
