/** What the admin server shows of a control plane. */
import type { Registry } from 'prom-client';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import { printResource } from '../envoy/print.ts';
import { resourceTypes, resourceTypeTable } from '../envoy/resource-type.ts';
import { refKey } from '../objects/object-ref.ts';
import type { Resource } from '../snapshot/resource.ts';
import { resourcesOf, type Snapshot } from '../snapshot/snapshot.ts';
import type { ProxyId } from '../xds-server/api.ts';
import { type AdminPages, json, text } from './admin-server.ts';
import type { ControlPlane } from './control-plane.ts';

export const adminPages = (plane: ControlPlane, metrics: Registry): AdminPages => ({
  '/healthz': { title: 'the process is alive', answer: () => text('ok') },
  '/readyz': {
    title: 'everything has been read once, and proxies can be served',
    answer: () => {
      if (plane.current !== undefined) return text('ok');
      const waiting = plane.sources().filter(({ condition }) => condition !== 'live' && condition !== 'absent');
      const reasons = waiting.map(({ part, condition, message }) => `${part}: ${message === '' ? condition : message}`);
      return text(['not ready: not everything has been read yet', ...reasons].join('\n'), 503);
    },
  },
  '/metrics': {
    title: 'for Prometheus',
    answer: async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
  },
  '/debug/mesh': {
    title: 'services, workloads and who may call whom, as understood from the objects',
    answer: () => (plane.current === undefined ? notYet : json(plane.current.mesh)),
  },
  '/debug/diagnostics': {
    title: 'what is wrong with the objects that were read',
    answer: () => json(plane.diagnostics()),
  },
  '/debug/sources': { title: 'how reading goes', answer: () => json(plane.sources()) },
  '/debug/proxies': { title: 'who is connected, and how far behind', answer: () => json(plane.proxies()) },
  '/debug/proxies/': {
    answer: (_query, proxy) => {
      const snapshot = plane.snapshotOf(proxy as ProxyId);
      if (snapshot === undefined)
        return text(`No proxy ${proxy} has connected; /debug/proxies lists those that have.`, 404);
      return json(printSnapshot(snapshot));
    },
  },
});

const notYet = text('Not everything has been read yet.', 503);

/** Everything that a proxy is given, by type, as a person reads it and without private keys. */
export const printSnapshot = (snapshot: Snapshot): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    resourceTypes.map((type) => [
      type,
      [...resourcesOf(snapshot, type)]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((resource) => ({
          name: resource.name,
          version: resource.version,
          origins: resource.origins.map(refKey),
          resource: printResource(decode(resource)),
        })),
    ]),
  );

const decode = ({ type, name, bytes, origins }: Resource): EnvoyResource =>
  ({ type, name, message: resourceTypeTable[type].decode(bytes), origins }) as EnvoyResource;
