/** What is measured, by the names that Prometheus knows it by. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { objectKinds } from '../cluster/cluster-state.ts';
import { resourceTypes } from '../envoy/resource-type.ts';
import type { TypeStats } from '../xds-server/stats.ts';
import type { ControlPlane } from './control-plane.ts';
import type { ControlEvent } from './events.ts';

/** Seconds: a rebuild takes a fraction of a millisecond to some hundred, an ACK as long as the slowest Envoy. */
const rebuildBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];
const ackBuckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry of a control plane's metrics, which follows it from now on. `processMetrics` adds memory, CPU and so on. */
export function measure(plane: ControlPlane, options: { readonly processMetrics: boolean }): Registry {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics) collectDefaultMetrics({ register: registry });

  gauge('smi_envoy_connected_proxies', 'Proxies with an open stream.', () => [[{}, plane.connected().size]]);
  gauge('smi_envoy_proxies_behind', 'Connected proxies that have not acknowledged everything yet.', () => [
    [{}, [...plane.connected().values()].filter((state) => state === 'behind').length],
  ]);
  gauge('smi_envoy_objects', 'Objects that were read and count, by kind.', () => {
    const state = plane.current?.state;
    return state === undefined ? [] : objectKinds.map((kind) => [{ kind }, state[kind].size] as const);
  });
  gauge('smi_envoy_diagnostics', 'What is wrong now with the objects that were read.', () => {
    const counts = new Map<string, [Labels, number]>();
    for (const { reason, severity } of plane.diagnostics()) {
      const entry: [Labels, number] = counts.get(`${severity} ${reason}`) ?? [{ reason, severity }, 0];
      entry[1]++;
      counts.set(`${severity} ${reason}`, entry);
    }
    return counts.values();
  });
  gauge('smi_envoy_source_up', 'Whether each part of the source is read and followed (1), or not (0).', () =>
    plane
      .sources()
      .map(({ part, condition }) => [{ part, condition }, condition === 'live' || condition === 'absent' ? 1 : 0]),
  );

  countByType('smi_envoy_xds_responses_total', 'Responses sent.', 'responses');
  countByType('smi_envoy_xds_resources_total', 'Resources sent.', 'resources');
  countByType('smi_envoy_xds_removals_total', 'Removals sent.', 'removals');
  countByType('smi_envoy_xds_bytes_total', 'Bytes of responses sent.', 'bytes');
  countByType('smi_envoy_xds_acks_total', 'Responses acknowledged.', 'acks');
  countByType('smi_envoy_xds_nacks_total', 'Responses rejected.', 'nacks');
  count('smi_envoy_xds_streams_total', 'Streams opened.', () => plane.stats().streamsOpened);
  count(
    'smi_envoy_xds_refused_total',
    'Streams refused, because the node is not known or not as it should be.',
    () => plane.stats().refused,
  );

  const rebuild = new Histogram({
    name: 'smi_envoy_rebuild_seconds',
    help: 'Time spent on making mesh, Envoy resources and snapshots of a change.',
    buckets: rebuildBuckets,
    registers,
  });
  const acknowledged = new Histogram({
    name: 'smi_envoy_change_to_ack_seconds',
    help: 'From the moment a change was noticed to the last acknowledgement by a proxy that it concerns.',
    buckets: ackBuckets,
    registers,
  });
  const faults = new Counter({
    name: 'smi_envoy_faults_total',
    help: 'Mistakes of smi-envoy itself, which did not change what is served.',
    registers,
  });
  plane.listen((event: ControlEvent) => {
    if (event.type === 'published') rebuild.observe(event.publication.rebuiltIn / 1000);
    if (event.type === 'settled' && event.publication.proxiesTouched > 0) {
      acknowledged.observe(event.milliseconds / 1000);
    }
    if (event.type === 'fault') faults.inc();
  });
  return registry;

  function gauge(name: string, help: string, read: () => Iterable<readonly [Labels, number]>): void {
    new Gauge({
      name,
      help,
      labelNames: labelNames[name] ?? [],
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }

  /** Counts are kept where they arise; here they are only shown. */
  function count(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  function countByType(name: string, help: string, key: keyof TypeStats): void {
    new Counter({
      name,
      help,
      labelNames: ['type'],
      registers,
      collect() {
        this.reset();
        const { types } = plane.stats();
        for (const type of resourceTypes) this.inc({ type }, types[type][key]);
      },
    });
  }
}

type Labels = Readonly<Record<string, string>>;

const labelNames: Readonly<Record<string, string[]>> = {
  smi_envoy_objects: ['kind'],
  smi_envoy_diagnostics: ['reason', 'severity'],
  smi_envoy_source_up: ['part', 'condition'],
};
