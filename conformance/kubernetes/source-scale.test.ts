import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { ControlPlane } from '../lib/control-plane.ts';
import { needs } from '../lib/requirements.ts';
import { Cluster, type Manifest } from './cluster.ts';

const count = 5_000;

/** What real EndpointSlices carry and nobody here needs is what most of their size is. */
const slice = (number: number): Manifest => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `slice-${number}`,
    labels: { 'kubernetes.io/service-name': `service-${number}` },
    annotations: { 'example.com/of-no-use': 'x'.repeat(2_000) },
  },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: Array.from({ length: 5 }, (_, endpoint) => ({
    addresses: [`10.${number >> 8}.${number & 255}.${endpoint + 1}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${endpoint}`,
    targetRef: { kind: 'Pod', namespace: 'default', name: `service-${number}-${endpoint}` },
  })),
});

test(`${count} EndpointSlices are read, in memory that follows what is kept of them`, needs('kubernetes'), async () => {
  await using plane = await ControlPlane.start();
  const cluster = new Cluster(plane);
  let next = 0;
  const create = async () => {
    while (next < count) await cluster.create(slice(next++));
  };
  await Promise.all(Array.from({ length: 8 }, create));

  const { server, ca, headers } = await cluster.credentials();
  const report = await inAProcess({ server, ca, headers });
  assert.equal(report.slices, count);
  assert.equal(report.updates, 1, 'nothing was given out before all of it was read');
  // The objects have 17 MB as JSON, without what was added above to be dropped.
  assert.ok(report.kept < 16e6, `${Math.round(report.kept / 1e6)} MB of heap are kept`);
});

interface Report {
  readonly slices: number;
  readonly updates: number;
  /** Bytes of heap after reading, less those before, both after a garbage collection. */
  readonly kept: number;
}

/** Reads in a process of its own, whose memory is nobody else's. */
async function inAProcess(credentials: object): Promise<Report> {
  const program = `
    import { KubernetesSource } from ${JSON.stringify(new URL('../../src/sources/kubernetes/kubernetes-source.ts', import.meta.url).href)};
    const heap = () => { gc(); return process.memoryUsage().heapUsed; };
    const source = new KubernetesSource({ credentials: async () => (${JSON.stringify(credentials)}) });
    const before = heap();
    let updates = 0;
    source.start({
      onStatus: () => {},
      onUpdate: ({ state }) => {
        updates++;
        setImmediate(async () => {
          const kept = heap() - before;
          console.log(JSON.stringify({ slices: state.EndpointSlice.size, updates, kept }));
          await source.stop();
        });
      },
    });`;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  for await (const chunk of child.stdout) out += String(chunk);
  return JSON.parse(out) as Report;
}
