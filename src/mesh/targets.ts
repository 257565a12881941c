/** TrafficTargets: whom each lets in, to which pods, for what (rules R30 to R41), on its own. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { append } from '../lib/grouping.ts';
import { KeyedMemo, memoizeLast } from '../lib/memo.ts';
import { by, sortedUnique } from '../lib/order.ts';
import { type NamespacedName, namespacedName, type ObjectRef } from '../objects/object-ref.ts';
import type { PortRoute, Subject, TrafficTarget } from '../smi/model.ts';
import type { IdentityBindings, ResolvedBinding } from './identity-bindings.ts';
import type { HttpMatch } from './model.ts';
import type { MeshOptions } from './options.ts';
import type { MeshPod, Pods } from './pods.ts';
import { keyOf, trafficTargetRef } from './refs.ts';
import { errorOn, listed, warningOn } from './report.ts';
import type { RouteGroup, RouteGroups } from './route-groups.ts';
import { describeIdentity, type SpiffeId, serviceAccountId } from './spiffe-id.ts';

/** A TrafficTarget that lets somebody in somewhere. */
export interface ResolvedTarget {
  readonly key: NamespacedName;
  readonly ref: ObjectRef;
  readonly destination: {
    readonly identities: readonly SpiffeId[];
    readonly pods: ReadonlySet<NamespacedName>;
  };
  /** Never empty; sorted. */
  readonly callers: readonly SpiffeId[];
  /** Addresses of the callers' pods. Empty unless `allowed.udp` is there. Sorted. */
  readonly callerAddresses: readonly string[];
  readonly allowed: Allowed;
}

/**
 * What the rules of one target allow, by kind of rule. A kind that is written but whose every reference is missing is
 * there and empty: it allows nothing. `undefined` is a kind that is not written at all.
 */
export interface Allowed {
  readonly http: readonly HttpMatch[] | undefined;
  readonly tcp: PortSet | undefined;
  readonly udp: PortSet | undefined;
  /** Restricts everything above (rule R3). */
  readonly onlyPort: number | undefined;
}

/** Numbers of service ports, or of the target ports they lead to (rule R38). */
export type PortSet = 'every' | ReadonlySet<number>;

export interface Targets {
  /** The targets that a pod is a destination of, sorted by their keys. */
  readonly of: (pod: MeshPod) => readonly ResolvedTarget[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Reading {
  readonly resolved: Omit<ResolvedTarget, 'callerAddresses'> | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A target is the same as long as it, what it refers to and, for UDP, the addresses of its callers are. */
export function createTargets(
  options: MeshOptions,
): (
  targets: ReadonlyMap<NamespacedName, TrafficTarget>,
  bindings: IdentityBindings,
  groups: RouteGroups,
  tcpRoutes: ReadonlyMap<NamespacedName, PortRoute>,
  udpRoutes: ReadonlyMap<NamespacedName, PortRoute>,
  pods: Pods,
) => Targets {
  const read = new KeyedMemo(
    (
      _key: NamespacedName,
      target: TrafficTarget,
      subjects: readonly (ResolvedBinding | undefined)[],
      routes: readonly (RouteGroup | PortRoute | undefined)[],
    ) => readTarget(target, subjects, routes, options),
  );
  const locate = new KeyedMemo(
    (
      _key: NamespacedName,
      target: Omit<ResolvedTarget, 'callerAddresses'>,
      callerAddresses: readonly string[],
    ): ResolvedTarget => ({ ...target, callerAddresses }),
  );

  return memoizeLast((targets, bindings, groups, tcpRoutes, udpRoutes, pods) => {
    const routes = { HTTPRouteGroup: groups, TCPRoute: tcpRoutes, UDPRoute: udpRoutes };
    const byIdentity = new Map<SpiffeId, ResolvedTarget[]>();
    const byPod = new Map<NamespacedName, ResolvedTarget[]>();
    const diagnostics: Diagnostic[] = [];
    for (const target of [...targets.values()].sort(by(keyOf))) {
      const key = keyOf(target);
      const reading = read.get(
        key,
        target,
        [target.destination, ...target.sources].map(({ kind, namespace, name }) =>
          kind === 'IdentityBinding' ? bindings.get(namespacedName(namespace, name)) : undefined,
        ),
        target.rules.map(({ kind, name }) => routes[kind].get(namespacedName(target.meta.namespace, name))),
      );
      if (reading.diagnostics.length > 0) diagnostics.push(...reading.diagnostics);
      if (reading.resolved === undefined) continue;
      const { allowed, callers } = reading.resolved;
      const addresses = allowed.udp === undefined ? none : addressesOf(callers, pods);
      const resolved = locate.get(key, reading.resolved, addresses);
      for (const identity of resolved.destination.identities) append(byIdentity, identity, resolved);
      for (const pod of resolved.destination.pods) append(byPod, pod, resolved);
    }
    read.sweep();
    locate.sweep();
    return {
      of: (pod) => {
        const named = byIdentity.get(pod.identity) ?? none;
        const labelled = byPod.get(pod.key) ?? none;
        return labelled.length === 0 ? named : [...new Set([...named, ...labelled])].sort(by(({ key }) => key));
      },
      diagnostics,
    };
  });
}

const none: readonly never[] = [];

/** Pods on their host's network share its address with others, which would be let in with them. */
function addressesOf(callers: readonly SpiffeId[], pods: Pods): readonly string[] {
  const own = callers.flatMap((caller) => pods.byIdentity(caller)).filter(({ pod }) => !pod.hostNetwork);
  return sortedUnique(own.flatMap(({ pod }) => pod.ips));
}

function readTarget(
  target: TrafficTarget,
  [destinationBinding, ...sourceBindings]: readonly (ResolvedBinding | undefined)[],
  routes: readonly (RouteGroup | PortRoute | undefined)[],
  options: MeshOptions,
): Reading {
  const diagnostics: Diagnostic[] = [];
  const destination = readDestination(target, destinationBinding, options, diagnostics);
  const callers = readSources(target, sourceBindings, options, diagnostics);
  const allowed = readRules(target, routes, diagnostics);
  const ref = trafficTargetRef(target);
  const applies = destination !== undefined && callers.length > 0;
  return { resolved: applies ? { key: keyOf(target), ref, destination, callers, allowed } : undefined, diagnostics };
}

function readDestination(
  target: TrafficTarget,
  binding: ResolvedBinding | undefined,
  options: MeshOptions,
  diagnostics: Diagnostic[],
): ResolvedTarget['destination'] | undefined {
  const ref = trafficTargetRef(target);
  const { kind, namespace, name } = target.destination;
  if (name === '') {
    const message = 'No destination is named, so the object gives access to nothing.';
    diagnostics.push(errorOn('DestinationEmpty', ref, 'spec.destination.name', message));
    return undefined;
  }
  if (namespace !== target.meta.namespace && !options.crossNamespaceTargets) {
    const message = `The destination is in namespace ${namespace}, where this object has no say; it gives access to nothing.`;
    diagnostics.push(errorOn('NamespaceMismatch', ref, 'spec.destination.namespace', message));
    return undefined;
  }
  if (kind === 'ServiceAccount') {
    return { identities: [serviceAccountId(options.trustDomain, namespace, name)], pods: new Set() };
  }
  if (binding === undefined) {
    diagnostics.push(bindingNotFound(ref, 'spec.destination', target.destination));
    return undefined;
  }
  return binding;
}

function readSources(
  target: TrafficTarget,
  bindings: readonly (ResolvedBinding | undefined)[],
  options: MeshOptions,
  diagnostics: Diagnostic[],
): readonly SpiffeId[] {
  const ref = trafficTargetRef(target);
  const callers: SpiffeId[] = [];
  target.sources.forEach((source, index) => {
    const field = `spec.sources[${index}]`;
    const { kind, namespace, name } = source;
    const binding = bindings[index];
    if (name === '') {
      diagnostics.push(warningOn('NoSources', ref, `${field}.name`, 'This source has no name, so it lets nobody in.'));
    } else if (kind === 'ServiceAccount') {
      callers.push(serviceAccountId(options.trustDomain, namespace, name));
    } else if (binding === undefined) {
      diagnostics.push(bindingNotFound(ref, field, source));
    } else {
      callers.push(...binding.identities, ...binding.exclusive);
      const unproven = binding.mixed.filter((identity) => !binding.identities.includes(identity));
      if (unproven.length > 0) {
        const message =
          `Only some pods of ${listed(unproven.map(describeIdentity))} have the labels of IdentityBinding ${name}, ` +
          'and a caller cannot prove its labels; that identity is not let in.';
        diagnostics.push(warningOn('SelectorNotExclusive', ref, field, message));
      }
    }
  });
  if (target.sources.length === 0) {
    diagnostics.push(warningOn('NoSources', ref, 'spec.sources', 'No source is named, so nobody is let in.'));
  }
  return sortedUnique(callers);
}

function bindingNotFound(ref: ObjectRef, field: string, { namespace, name }: Subject): Diagnostic {
  const message = `IdentityBinding ${namespace}/${name} does not exist; it names nobody.`;
  return warningOn('IdentityBindingNotFound', ref, `${field}.name`, message);
}

function readRules(
  target: TrafficTarget,
  routes: readonly (RouteGroup | PortRoute | undefined)[],
  diagnostics: Diagnostic[],
): Allowed {
  const ref = trafficTargetRef(target);
  let http: Set<HttpMatch> | undefined;
  let tcp: PortSet | undefined;
  let udp: PortSet | undefined;
  target.rules.forEach((rule, index) => {
    const route = routes[index];
    const field = `spec.rules[${index}]`;
    // A rule without a name is one that could not be read, which was reported then.
    if (route === undefined && rule.name !== '') {
      const message = `${rule.kind} ${target.meta.namespace}/${rule.name} does not exist; this rule allows nothing.`;
      diagnostics.push(warningOn('RouteGroupNotFound', ref, `${field}.name`, message));
    }
    const ports = route !== undefined && 'ports' in route ? route : undefined;
    switch (rule.kind) {
      case 'HTTPRouteGroup': {
        http ??= new Set();
        if (route === undefined || 'ports' in route) break;
        for (const match of chosenMatches(rule.matches, route, ref, field, diagnostics)) http.add(match);
        break;
      }
      case 'TCPRoute':
        tcp = union(tcp, ports);
        break;
      case 'UDPRoute':
        udp = union(udp, ports);
        break;
    }
  });
  if (target.rules.length === 0) {
    diagnostics.push(warningOn('NoRules', ref, 'spec.rules', 'No rule is given, so nothing is allowed.'));
  }
  return { http: http === undefined ? undefined : [...http], tcp, udp, onlyPort: target.destinationPort };
}

/** Rule R35: without names, all of the group's. */
function chosenMatches(
  names: readonly string[] | undefined,
  group: RouteGroup,
  ref: ObjectRef,
  field: string,
  diagnostics: Diagnostic[],
): readonly HttpMatch[] {
  names?.forEach((name, index) => {
    if (group.names.has(name)) return;
    const message = `HTTPRouteGroup ${group.ref.namespace}/${group.ref.name} has no match ${name}; the name allows nothing.`;
    diagnostics.push(warningOn('MatchNotFound', ref, `${field}.matches[${index}]`, message));
  });
  if (names === undefined && group.names.size === 0) {
    const message = `HTTPRouteGroup ${group.ref.namespace}/${group.ref.name} has no matches; this rule allows nothing.`;
    diagnostics.push(warningOn('MatchNotFound', ref, `${field}.name`, message));
  }
  return names === undefined ? group.matches : group.matches.filter(({ name }) => names.includes(name));
}

/** A route without ports means every port; one that does not exist means none. */
function union(sofar: PortSet | undefined, route: PortRoute | undefined): PortSet {
  const known: PortSet = sofar ?? new Set();
  if (route === undefined || known === 'every') return known;
  return route.ports.length === 0 ? 'every' : new Set([...known, ...route.ports]);
}
