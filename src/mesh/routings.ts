/** What becomes of traffic to each service port: the splits of one root put together (rules R15 to R17). */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { KeyedMemo, memoizeByIdentity, memoizeLast } from '../lib/memo.ts';
import { sortedUnique } from '../lib/order.ts';
import { describeRef, type NamespacedName } from '../objects/object-ref.ts';
import { type DeclaredPort, declaredPorts } from './declared-ports.ts';
import type { Routing, RoutingRule, ServicePortKey } from './model.ts';
import { sortedRefs } from './refs.ts';
import { warningOn } from './report.ts';
import type { ResolvedSplit, Splits } from './splits.ts';

export interface Routings {
  /** Of the ports of root Services; each the same as long as its Service and its splits are. */
  readonly split: ReadonlyMap<ServicePortKey, Routing>;
  /** Every port that is split, with the other ports it can lead to. The same map when nothing but weights changed. */
  readonly edges: ReadonlyMap<ServicePortKey, readonly ServicePortKey[]>;
  readonly diagnostics: readonly Diagnostic[];
}

interface RootRouting {
  readonly byPort: ReadonlyMap<ServicePortKey, Routing>;
  readonly diagnostics: readonly Diagnostic[];
}

export function createRoutings(): (splits: Splits) => Routings {
  const route = new KeyedMemo((_root: NamespacedName, splits: readonly ResolvedSplit[]) => routeRoot(splits));
  const leadsTo = new KeyedMemo((port: ServicePortKey, destinations: readonly ServicePortKey[]) =>
    destinations.filter((other) => other !== port),
  );
  const toMap = memoizeLast(
    (ports: readonly ServicePortKey[], others: readonly (readonly ServicePortKey[])[]) =>
      new Map(ports.map((port, index) => [port, others[index] ?? []] as const)),
  );

  return memoizeLast((splits) => {
    const split = new Map<ServicePortKey, Routing>();
    const diagnostics: Diagnostic[] = [];
    for (const [root, applied] of splits.byRoot) {
      const routing = route.get(root, applied);
      for (const [port, own] of routing.byPort) split.set(port, own);
      if (routing.diagnostics.length > 0) diagnostics.push(...routing.diagnostics);
    }
    const edges = toMap(
      [...split.keys()],
      [...split].map(([port, routing]) => leadsTo.get(port, destinationsOf(routing))),
    );
    route.sweep();
    leadsTo.sweep();
    return { split, edges, diagnostics };
  });
}

/** Where nothing is split: to the service's own endpoints. */
export const plainRouting = memoizeByIdentity(
  ({ key }: DeclaredPort): Routing => ({
    rules: [],
    otherwise: [{ port: key, weight: 1 }],
    otherwiseSplit: undefined,
    origins: [],
  }),
);

/** Every port that traffic may be sent on to. Sorted. */
export const destinationsOf: (routing: Routing) => readonly ServicePortKey[] = memoizeByIdentity(
  ({ rules, otherwise }) =>
    sortedUnique([...rules.flatMap((rule) => rule.destinations), ...otherwise].map(({ port }) => port)),
);

/** Rule R17: the splits with matches apply in their order, then the first without. */
function routeRoot(splits: readonly ResolvedSplit[]): RootRouting {
  const [unconditional, ...overruled] = splits.filter(({ matches }) => matches === undefined);
  const diagnostics = overruled.map(({ ref }) => {
    const first = unconditional === undefined ? '' : describeRef(unconditional.ref);
    const message = `${first} splits the same root and is older or first by name; this split has no effect.`;
    return warningOn('SplitConflict', ref, 'spec.service', message);
  });
  const ports = splits[0] === undefined ? [] : declaredPorts(splits[0].root).ports;
  const byPort = new Map<ServicePortKey, Routing>();
  const applied = splits.filter((split) => split.matches !== undefined || split === unconditional);
  for (const port of ports) {
    byPort.set(port.key, routePort(port, applied));
  }
  return { byPort, diagnostics };
}

function routePort(port: DeclaredPort, splits: readonly ResolvedSplit[]): Routing {
  const rules: RoutingRule[] = [];
  let otherwise: Pick<Routing, 'otherwise' | 'otherwiseSplit'> = plainRouting(port);
  for (const { ref, matches, shares } of splits) {
    const destinations = shares.get(port.key);
    if (destinations === undefined) continue;
    for (const match of matches ?? []) rules.push({ match, split: ref, destinations });
    if (matches === undefined) otherwise = { otherwise: destinations, otherwiseSplit: ref };
  }
  const unconditional = otherwise.otherwiseSplit;
  return {
    rules,
    otherwise: otherwise.otherwise,
    otherwiseSplit: unconditional,
    origins: sortedRefs([
      ...rules.flatMap(({ split, match }) => [split, match.origin]),
      ...(unconditional === undefined ? [] : [unconditional]),
    ]),
  };
}
