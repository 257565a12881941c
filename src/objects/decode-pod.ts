import { z } from 'zod';
import { ok, type Result } from '../lib/result.ts';
import { createSharing } from '../lib/sharing.ts';
import type { Pod } from './core.ts';
import { decodeMeta } from './decode-meta.ts';
import { type Flaw, listOf, optional, optionalName, parseBy, portNumber, transportProtocol } from './decoding.ts';

const ports = listOf(z.object({ name: optionalName, containerPort: portNumber, protocol: transportProtocol }));

const podSchema = z.object({
  spec: optional(
    z.object({
      serviceAccountName: optionalName,
      serviceAccount: optionalName,
      hostNetwork: optional(z.boolean()),
      hostname: optionalName,
      subdomain: optionalName,
      containers: listOf(z.object({ ports })),
      initContainers: listOf(z.object({ ports, restartPolicy: optional(z.string()) })),
    }),
  ),
  status: optional(
    z.object({
      phase: optional(z.string()),
      podIP: optionalName,
      podIPs: listOf(z.object({ ip: optionalName })),
      conditions: listOf(z.object({ type: z.string(), status: z.string() })),
    }),
  ),
});

/** What pods of the same making have alike. */
const share = createSharing();

type Status = z.output<typeof podSchema>['status'];

/** Decodes a `v1` Pod. */
export function decodePod(object: Readonly<Record<string, unknown>>): Result<Pod, readonly Flaw[]> {
  const meta = decodeMeta(object);
  if (!meta.ok) return meta;
  const parsed = parseBy(podSchema, object);
  if (!parsed.ok) return parsed;
  const { spec, status } = parsed.value;
  const ips = ipsOf(status);
  // An init container that is always restarted is a sidecar container, and serves as the others do.
  const serving = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ];
  return ok({
    meta: meta.value.meta,
    serviceAccount: share(spec?.serviceAccountName ?? spec?.serviceAccount ?? 'default'),
    ips,
    ready: ips.length > 0 && isReady(status),
    terminating: meta.value.deleting,
    finished: status?.phase === 'Succeeded' || status?.phase === 'Failed',
    hostNetwork: spec?.hostNetwork ?? false,
    hostname: spec?.hostname,
    subdomain: spec?.subdomain,
    containerPorts: share(
      serving.flatMap((container) =>
        container.ports.map(({ name, containerPort, protocol }) => ({ name, port: containerPort, protocol })),
      ),
    ),
  });
}

function ipsOf(status: Status): readonly string[] {
  const all = (status?.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  if (all.length > 0) return all;
  return status?.podIP === undefined ? [] : [status.podIP];
}

/**
 * In a cluster the kubelet says by its condition whether a pod is ready. A pod without any condition is one that a
 * person wrote down: its address is all there is to say about it, so it is ready unless its phase denies it.
 */
function isReady(status: Status): boolean {
  if (status === undefined) return false;
  if (status.conditions.length > 0) return status.conditions.some((c) => c.type === 'Ready' && c.status === 'True');
  return status.phase === undefined || status.phase === 'Running';
}
