/** A Service, as DNS names it. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads the name of a Service as clients write it: `reviews`, `reviews.bookstore`, `reviews.bookstore.svc`,
 * `reviews.bookstore.svc.cluster.local`, in any case, with or without a dot at the end. `undefined`: it names something
 * outside of the cluster. https://github.com/servicemeshinterface/smi-spec/blob/main/apis/traffic-split/v1alpha4/traffic-split.md
 */
export function parseServiceName(text: string, ownNamespace: string, clusterDomain: string): ServiceName | undefined {
  const [name = '', namespace, ...rest] = text.trim().toLowerCase().replace(/\.$/, '').split('.');
  if (name === '' || namespace === '') return undefined;
  if (namespace === undefined) return { namespace: ownNamespace, name };
  const suffix = rest.join('.');
  const known = suffix === '' || suffix === 'svc' || suffix === `svc.${clusterDomain}`;
  return known ? { namespace, name } : undefined;
}
