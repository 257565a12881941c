/** Local ports by which the application of an explicit sidecar reaches other services. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { by, byFirst } from '../lib/order.ts';
import { annotationField } from './annotations.ts';
import type { DeclaredPort } from './declared-ports.ts';
import type { Workload } from './model.ts';
import type { PodWithSidecar } from './pods.ts';
import { errorOn, warningOn } from './report.ts';

/** The transports of an upstream, in the order in which `openUpstreams` is given their ports. */
export const transports = ['tcp', 'udp'] as const;

/**
 * Opens what can be opened. `reachable` has the ports that the pod's upstreams name, two for each: for TCP and for UDP,
 * `undefined` where there is none.
 */
export function openUpstreams(
  pod: PodWithSidecar,
  reachable: readonly (DeclaredPort | undefined)[],
): { readonly open: Workload['upstreams']; readonly diagnostics: readonly Diagnostic[] } {
  const open: Workload['upstreams'][number][] = [];
  const diagnostics: Diagnostic[] = [];
  const { sidecar } = pod;
  if (sidecar.mode !== 'explicit') return { open, diagnostics };

  const field = annotationField('upstreams');
  const taken = new Set([`${sidecar.port} tcp`, `${pod.outboundPort} tcp`]);
  pod.upstreams.forEach(({ localPort, service, port }, index) => {
    const name = `${service.name}.${service.namespace}:${port}`;
    const found = transports.map((_, offset) => reachable[index * transports.length + offset]);
    if (found.every((declared) => declared === undefined)) {
      const message = `No Service has the port ${name}; local port ${localPort} is closed until one has.`;
      diagnostics.push(warningOn('InvalidAnnotation', pod.ref, field, message));
    }
    for (const declared of found) {
      if (declared === undefined) continue;
      const seat = `${localPort} ${declared.transport}`;
      if (declared.protocol === 'http') {
        const message = `${name} is HTTP, which is reached through the sidecar’s proxy port; local port ${localPort} stays closed.`;
        diagnostics.push(errorOn('InvalidAnnotation', pod.ref, field, message));
      } else if (taken.has(seat)) {
        const message = `Local port ${localPort} is taken already; ${name} is not reached by it.`;
        diagnostics.push(errorOn('InvalidAnnotation', pod.ref, field, message));
      } else {
        taken.add(seat);
        open.push({ localPort, port: declared.key });
      }
    }
  });
  open.sort(
    byFirst(
      by((upstream) => upstream.localPort),
      by((upstream) => upstream.port),
    ),
  );
  return { open, diagnostics };
}
