import { z } from 'zod';
import { ok, type Result } from '../lib/result.ts';
import { createSharing } from '../lib/sharing.ts';
import type { EndpointSlice, SliceEndpoint } from './core.ts';
import { decodeMeta } from './decode-meta.ts';
import { type Flaw, listOf, optional, optionalName, parseBy, transportProtocol } from './decoding.ts';

const serviceLabel = 'kubernetes.io/service-name';

const sliceSchema = z.object({
  addressType: z.enum(['IPv4', 'IPv6', 'FQDN'], 'must be IPv4, IPv6 or FQDN'),
  ports: listOf(z.object({ name: optionalName, port: optional(z.int()), protocol: transportProtocol })),
  endpoints: listOf(
    z.object({
      addresses: listOf(z.string()),
      conditions: optional(
        z.object({
          ready: optional(z.boolean()),
          serving: optional(z.boolean()),
          terminating: optional(z.boolean()),
        }),
      ),
      hostname: optionalName,
      targetRef: optional(z.object({ kind: optional(z.string()), name: optional(z.string()) })),
      zone: optionalName,
    }),
  ),
});

/** What slices have alike. */
const share = createSharing();

/**
 * Decodes a `discovery.k8s.io/v1` EndpointSlice. One of names instead of addresses (`FQDN`) is never an endpoint that
 * we can dial, and has none here; one that belongs to no Service has an empty `service`.
 */
export function decodeEndpointSlice(object: Readonly<Record<string, unknown>>): Result<EndpointSlice, readonly Flaw[]> {
  const meta = decodeMeta(object);
  if (!meta.ok) return meta;
  const parsed = parseBy(sliceSchema, object);
  if (!parsed.ok) return parsed;
  const { addressType, ports, endpoints } = parsed.value;
  return ok({
    meta: meta.value.meta,
    service: meta.value.meta.labels[serviceLabel] ?? '',
    addressType: addressType === 'FQDN' ? 'IPv4' : addressType,
    ports: share(ports.flatMap(({ name, port, protocol }) => (port === undefined ? [] : [{ name, port, protocol }]))),
    endpoints: addressType === 'FQDN' ? [] : endpoints.flatMap(decodeEndpoint),
  });
}

/**
 * Unknown readiness counts as ready, and unknown serving as readiness.
 * https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/
 */
function decodeEndpoint(
  endpoint: z.output<typeof sliceSchema>['endpoints'][number],
): readonly [SliceEndpoint] | readonly [] {
  const address = endpoint.addresses[0];
  if (address === undefined) return [];
  const ready = endpoint.conditions?.ready ?? true;
  return [
    {
      address,
      ready,
      serving: endpoint.conditions?.serving ?? ready,
      terminating: endpoint.conditions?.terminating ?? false,
      pod: endpoint.targetRef?.kind === 'Pod' ? endpoint.targetRef.name : undefined,
      hostname: endpoint.hostname,
      zone: share(endpoint.zone),
    },
  ];
}
