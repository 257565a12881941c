import { IdSet } from '../lib/id-set.ts';
import type { Resource } from '../snapshot/resource.ts';
import type { Batch, Subscription } from './subscription.ts';

/**
 * What a response contains, by protocol and type:
 * - `delta`: what changed, and the names of what is gone;
 * - `part`: state of the world, but each response holds just what changed, and cannot say that something is gone;
 * - `whole`: state of the world, and each response holds everything; what is missing in it is gone.
 *
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#grouping-resources-into-responses
 */
export type Style = 'delta' | 'part' | 'whole';

/** What the order of updates allows at this moment (`order.ts`). */
export interface Gates {
  /** The resource refers to something that the client is still to get. */
  readonly heldBack: (resource: Resource) => boolean;
  /** Nothing that may refer to this type has yet to be told or acknowledged. */
  readonly mayRemove: () => boolean;
}

export interface Reply {
  /** What the response contains. */
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
  /** What it changes for the client. */
  readonly batch: Batch;
}

export interface Decision {
  /** `undefined`: there is nothing to say now. */
  readonly reply: Reply | undefined;
  /** Names that are due but need no word. */
  readonly unneeded: readonly number[];
}

/** A response is closed with the resource that makes it reach this size, so that one stream never asks for much memory. */
export const responseBytes = 256 * 1024;

/**
 * Above this number of resources, what is the proxy's own is told apart from what it shares with others, so that the
 * large responses are the same bytes for all of them.
 */
const mixedResources = 16;

/** The next response to a subscription, from its state and nothing else. The caller sends it and tells the subscription. */
export function respond(subscription: Subscription, gates: Gates): Decision {
  const { style } = subscription;
  switch (style) {
    case 'whole':
      return whole(subscription, gates);
    case 'delta':
    case 'part':
      return changes(style, subscription, gates);
  }
}

function changes(style: 'delta' | 'part', subscription: Subscription, gates: Gates): Decision {
  const [ids, resources, removed]: [number[], Resource[], string[]] = [[], [], []];
  const removedIds: number[] = [];
  const unneeded: number[] = [];
  const turn = subscription.turn;
  const trial = turn !== subscription.due;
  const separate = !trial && turn.size > mixedResources;
  let own: boolean | undefined;
  let bytes = 0;
  let removals: boolean | undefined;
  for (let id = turn.next(0); id >= 0 && bytes < responseBytes; id = turn.next(id + 1)) {
    const resource = subscription.wanted(id);
    if (resource !== undefined) {
      if (!trial && gates.heldBack(resource)) continue;
      if (separate) {
        own ??= subscription.isOwn(id);
        if (own !== subscription.isOwn(id)) continue;
      }
      ids.push(id);
      resources.push(resource);
      bytes += resource.bytes.length + 3 * resource.name.length;
    } else if (style === 'part' || subscription.rejections.has(id)) {
      // "the API provides no mechanism for the server to tell the client that resources have been deleted"
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#deleting-resources
      // And what the client refused, it goes on without.
      unneeded.push(id);
    } else if (subscription.held.has(id)) {
      removals ??= gates.mayRemove();
      if (removals) removedIds.push(id);
    } else if (subscription.questions.has(id)) {
      // "When a resource subscribed to by a client does not exist, the server will send a DeltaDiscoveryResponse message
      // that contains that resource's name in the removed_resources field."
      // https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#knowing-when-a-requested-resource-does-not-exist
      removedIds.push(id);
    } else {
      unneeded.push(id);
    }
  }
  for (const id of removedIds) removed.push(subscription.nameOf(id));
  if (resources.length === 0 && removed.length === 0 && !(subscription.answerOwed && style === 'delta')) {
    return { reply: undefined, unneeded };
  }
  const batch: Batch =
    removedIds.length === 0
      ? { ids, resources }
      : { ids: [...ids, ...removedIds], resources: [...resources, ...removedIds.map(() => undefined)] };
  return { reply: { resources, removed, batch }, unneeded };
}

function whole(subscription: Subscription, gates: Gates): Decision {
  const { interest, due, turn } = subscription;
  if (turn.size === 0 && !subscription.answerOwed) return nothing;
  const trial = turn !== due;
  const ids: number[] = [];
  const outcome: (Resource | undefined)[] = [];
  const body: Resource[] = [];
  let removals: boolean | undefined;

  const visit = (id: number) => {
    const resource = subscription.wanted(id);
    if (!turn.has(id)) {
      const waits = due.has(id) || subscription.isSuspect(id);
      const kept = waits ? subscription.acknowledged(id) : resource;
      if (kept !== undefined) body.push(kept);
      return;
    }
    if (resource !== undefined && (trial || !gates.heldBack(resource))) {
      body.push(resource);
      ids.push(id);
      outcome.push(resource);
      return;
    }
    if (resource === undefined && !subscription.held.has(id)) {
      ids.push(id);
      outcome.push(undefined);
      return;
    }
    if (resource === undefined) {
      removals ??= gates.mayRemove();
      if (removals) {
        ids.push(id);
        outcome.push(undefined);
        return;
      }
    }
    // Held back: the client keeps what it has.
    const kept = subscription.acknowledged(id);
    if (kept !== undefined) body.push(kept);
  };

  if (interest.wildcard) {
    const seen = new IdSet();
    for (const id of subscription.targetIds()) {
      seen.add(id);
      visit(id);
    }
    for (const set of [subscription.held, turn]) {
      for (let id = set.next(0); id >= 0; id = set.next(id + 1)) {
        if (seen.add(id)) visit(id);
      }
    }
  } else {
    for (let id = interest.names.next(0); id >= 0; id = interest.names.next(id + 1)) visit(id);
  }
  const changesSomething = outcome.some((resource, index) => {
    const id = ids[index] ?? -1;
    return resource !== undefined || subscription.held.has(id) || subscription.questions.has(id);
  });
  if (!changesSomething && !subscription.answerOwed) return { reply: undefined, unneeded: ids };
  return { reply: { resources: body, removed: [], batch: { ids, resources: outcome } }, unneeded: [] };
}

const nothing: Decision = { reply: undefined, unneeded: [] };
