/**
 * Make before break: in which order the types of an aggregated stream are told, and what has to wait for what.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
 *
 * Nothing here ever waits for a CDS acknowledgement before endpoints or secrets are sent: Envoy withholds it until the
 * clusters are warm, for which it needs just those.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-warming
 */
import type { ResourceType } from '../envoy/resource-type.ts';
import type { Resource } from '../snapshot/resource.ts';
import type { Subscription } from './subscription.ts';

/** The types whose resources may refer to one of this type. Its removals wait until all of theirs are acknowledged. */
const referrers: { readonly [T in ResourceType]: readonly ResourceType[] } = {
  secret: ['cluster', 'listener'],
  cluster: ['listener', 'route', 'extension'],
  endpoint: ['cluster'],
  listener: [],
  scopedRoute: ['listener'],
  route: ['listener', 'scopedRoute'],
  extension: ['listener'],
};

export type Subscriptions = Partial<Record<ResourceType, Subscription>>;

/** "Stale CDS clusters and related EDS endpoints (ones no longer being referenced) can then be removed." */
export const mayRemove = (type: ResourceType, subscriptions: Subscriptions): boolean =>
  referrers[type].every((referrer) => subscriptions[referrer]?.busy !== true);

/**
 * "the management plane must ensure that clusters referenced by a route are in place, before pushing the updates for a
 * route": what refers to a cluster that this client is to get and has not acknowledged yet waits for it. A cluster that
 * it holds in an older version is in place.
 */
export function waitsForCluster(
  resource: Resource,
  clusters: Subscription | undefined,
  idOf: (name: string) => number | undefined,
): boolean {
  if (clusters === undefined || resource.type === 'cluster') return false;
  return resource.references.some(({ type, name }) => {
    if (type !== 'cluster') return false;
    const id = idOf(name);
    return id !== undefined && clusters.interest.includes(id) && !clusters.held.has(id) && clusters.exists(id);
  });
}
