/** Splits that lead callers to where they are refused: seen and said, never smoothed over (rule R39). */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { KeyedMemo, memoizeLast } from '../lib/memo.ts';
import { sortedUnique } from '../lib/order.ts';
import { type ObjectRef, refKey } from '../objects/object-ref.ts';
import type { Backing } from './backings.ts';
import type { Destinations, Routing, ServicePortKey } from './model.ts';
import type { Callers } from './reach.ts';
import { listed, warningOn } from './report.ts';
import { destinationsOf } from './routings.ts';
import { describeIdentity, type SpiffeId } from './spiffe-id.ts';

/**
 * Whoever is granted anything on the root's pods or on any backend's counts as a caller of the root; who is then granted
 * nothing at all on a backend is refused there. Backends that refuse nobody, or have no pods to do it, are left out.
 */
export function createRefusedBackends(): (
  split: ReadonlyMap<ServicePortKey, Routing>,
  callers: Callers,
  backings: readonly Backing[],
) => readonly Diagnostic[] {
  const guarded = memoizeLast(
    (backings: readonly Backing[]) =>
      new Set(backings.filter((backing) => !backing.unguarded).map(({ declared }) => declared.key)),
  );
  const check = new KeyedMemo(
    (
      root: ServicePortKey,
      routing: Routing,
      ports: readonly ServicePortKey[],
      callers: readonly (readonly SpiffeId[])[],
    ) => refusals(root, routing, new Map(ports.map((port, index) => [port, callers[index] ?? none] as const))),
  );
  return memoizeLast((split, callers, backings) => {
    const guards = guarded(backings);
    const diagnostics: Diagnostic[] = [];
    for (const [root, routing] of split) {
      const ports = [root, ...destinationsOf(routing)].filter((port) => guards.has(port));
      diagnostics.push(
        ...check.get(
          root,
          routing,
          ports,
          ports.map((port) => callers.get(port) ?? none),
        ),
      );
    }
    check.sweep();
    return diagnostics;
  });
}

const none: readonly never[] = [];

/** `callers` has the guarded ports among the root and its destinations. */
function refusals(
  root: ServicePortKey,
  routing: Routing,
  callers: ReadonlyMap<ServicePortKey, readonly SpiffeId[]>,
): readonly Diagnostic[] {
  return sharesBySplit(routing).flatMap(({ split, ports }) => {
    const all = sortedUnique([root, ...ports].flatMap((port) => callers.get(port) ?? none));
    return ports.flatMap((port) => {
      const allowed = callers.get(port);
      const refused = allowed === undefined ? none : all.filter((caller) => !allowed.includes(caller));
      if (refused.length === 0) return [];
      const message =
        `${listed(refused.map(describeIdentity))} may call others behind ${root} but not ${port}; ` +
        'their share of it is refused, HTTP with 403.';
      return [warningOn('BackendNotAuthorized', split, 'spec.backends', message)];
    });
  });
}

interface Shares {
  readonly split: ObjectRef;
  /** Sorted. */
  readonly ports: readonly ServicePortKey[];
}

function sharesBySplit({ rules, otherwise, otherwiseSplit }: Routing): readonly Shares[] {
  const shares = new Map<string, Shares>();
  const add = (split: ObjectRef, destinations: Destinations): void => {
    shares.set(refKey(split), { split, ports: sortedUnique(destinations.map(({ port }) => port)) });
  };
  for (const { split, destinations } of rules) add(split, destinations);
  if (otherwiseSplit !== undefined) add(otherwiseSplit, otherwise);
  return [...shares.values()];
}
