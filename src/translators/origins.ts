import type { Metadata } from '../gen/envoy/config/core/v3/base.ts';
import { sortedUnique } from '../lib/order.ts';
import type { ServicePortKey } from '../mesh/model.ts';
import { type ObjectRef, refKey } from '../objects/object-ref.ts';
import { partsOf } from './names.ts';

/** Envoy metadata that leads from a config dump back to the YAML. */
export const originsMetadata = (origins: readonly ObjectRef[]): Metadata => ({
  filterMetadata: { 'smi-envoy.io': { origins: sortedUnique(origins.map(refKey)) } },
});

/** The Service that a key is a port of. */
export function serviceRef(key: ServicePortKey): ObjectRef {
  const { namespace, service } = partsOf(key);
  return { group: '', kind: 'Service', namespace, name: service };
}
