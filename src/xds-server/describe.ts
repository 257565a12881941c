import type { ResourceType } from '../envoy/resource-type.ts';
import type { ProxyStatus } from './api.ts';
import type { Subscription } from './subscription.ts';

/** One type on one stream, for people. */
export function describeSubscription(type: ResourceType, subscription: Subscription): ProxyStatus['types'][number] {
  const { interest, held, due, inFlight, rejections } = subscription;
  let acknowledged = 0;
  for (let id = held.next(0); id >= 0; id = held.next(id + 1)) {
    if (subscription.isSettled(id)) acknowledged++;
  }
  return {
    type,
    subscribed: interest.wildcard ? 'all' : interest.names.size,
    acknowledged,
    pending: due.size + (inFlight?.ids.length ?? 0),
    rejected: [...rejections].map(([id, { resource, message }]) => ({
      name: subscription.nameOf(id),
      version: resource.version,
      message,
      origins: resource.origins,
    })),
  };
}
