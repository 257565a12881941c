/**
 * `npm run bench`: what a change costs, from a TrafficSplit patched through a real API server to the last sidecar's
 * acknowledgement, and what a cold start of all sidecars costs; beside a bare reference in the same run. What is
 * measured is what `npm run build` made, as it runs in production.
 *
 *   --services 100,1000   mesh sizes      --sidecars 200   simulated sidecars      --changes 40
 *   --json                print JSON      --check          exit 1 when a target is missed
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resourceTypeTable } from '../../src/envoy/resource-type.ts';
import { ControlPlane } from '../lib/control-plane.ts';
import { Daemon } from '../lib/daemon.ts';
import { eventually } from '../lib/eventually.ts';
import { freePorts, makeScratch } from '../lib/scratch.ts';
import type { BareCommand, BareReport } from './bare-protocol.ts';
import { Child } from './child.ts';
import { createAll, installCrds } from './cluster.ts';
import type { FleetCommand, FleetReport } from './fleet-protocol.ts';
import { benchMesh, namespace, rootPort, split, splitRoot } from './mesh.ts';
import { Recorder } from './recorder.ts';
import { judge, type Measured, printReport } from './report.ts';

const { values: flags } = parseArgs({
  options: {
    services: { type: 'string', default: '100,1000' },
    sidecars: { type: 'string', default: '200' },
    changes: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const sizes = flags.services.split(',').map(Number);
const sidecars = Number(flags.sidecars);
const changes = Number(flags.changes);

const startedAt = performance.now();
const progress = (text: string) =>
  process.stderr.write(`[${((performance.now() - startedAt) / 1000).toFixed(1)} s] ${text}\n`);

const here = (file: string) => join(import.meta.dirname, file);
const milliseconds = (from: string | bigint, to: string | bigint) => Number(BigInt(to) - BigInt(from)) / 1e6;
const route = `${namespace}/${splitRoot}/${rootPort}`;
const splitPath = `/apis/split.smi-spec.io/v1alpha4/namespaces/${namespace}/trafficsplits/measured`;

interface Process {
  /** Seconds of processor time since its start. */
  readonly cpu: number;
  /** Bytes. */
  readonly resident: number;
}

async function usageOf(admin: number): Promise<Process> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const value = (name: string) => {
    const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`no metric ${name}`);
    return Number(found);
  };
  return { cpu: value('process_cpu_seconds_total'), resident: value('process_resident_memory_bytes') };
}

async function measure(services: number): Promise<Measured> {
  progress(`${services} services: starting etcd and kube-apiserver`);
  await using plane = await ControlPlane.start();
  using scratch = makeScratch('bench');
  await installCrds(plane);
  const mesh = benchMesh(services, sidecars);
  await createAll(plane, mesh.objects, (done) => {
    if (done % 2000 === 0) progress(`${done} of ${mesh.objects.length} objects created`);
  });

  progress('starting smi-envoy');
  const { xds, admin } = await freePorts('xds', 'admin');
  await using server = await Daemon.start({
    program: process.execPath,
    args: [
      ...[here('../../dist/main.js'), 'serve', '--kubernetes'],
      ...['--kubeconfig', plane.kubeconfigFile(), '--state-dir', join(scratch.folder, 'state')],
      ...['--xds-address', `127.0.0.1:${xds}`, '--admin-address', `127.0.0.1:${admin}`, '--log-level', 'warn'],
    ],
    env: { NODE_ENV: 'production' },
    logFile: join(scratch.folder, 'smi-envoy.log'),
  });
  const giveUp = () => (server.end === undefined ? undefined : `smi-envoy ${server.obituary()}`);
  await eventually('smi-envoy to be ready', async () => (await fetch(`http://127.0.0.1:${admin}/readyz`)).ok, {
    giveUp,
    within: 60_000,
  });
  const idle = await usageOf(admin);

  progress('recording what it sends');
  const [first] = mesh.nodes;
  if (first === undefined) throw new Error('no sidecars');
  const recorder = new Recorder(`127.0.0.1:${xds}`, first);
  const recorded = await recorder.complete(services);
  const recordings = [...recorded].map(([typeUrl, responses], type) => ({
    typeUrl,
    files: responses.map((bytes, index) => {
      const file = join(scratch.folder, `response-${type}-${index}`);
      writeFileSync(file, bytes);
      return file;
    }),
  }));

  const fleet = new Child<FleetCommand, FleetReport>(here('sidecar-fleet.ts'));
  const bareFleet = new Child<FleetCommand, FleetReport>(here('sidecar-fleet.ts'));
  const bare = new Child<BareCommand, BareReport>(here('bare-server.ts'));
  try {
    bare.tell({ type: 'serve', recordings });
    const { port } = await bare.next('listening');

    const coldStart = async (child: typeof fleet, address: string) => {
      child.tell({ type: 'connect', address, nodes: mesh.nodes, services });
      const report = await child.next('complete');
      return { ...report, took: milliseconds(report.started, report.ended) };
    };
    progress(`cold start of ${sidecars} sidecars: bare`);
    const bareCold = await coldStart(bareFleet, `127.0.0.1:${port}`);
    progress(`cold start of ${sidecars} sidecars: smi-envoy`);
    const before = await usageOf(admin);
    const cold = await coldStart(fleet, `127.0.0.1:${xds}`);
    const afterCold = await usageOf(admin);

    // The first changes warm both up; bytes of one are what the bare reference sends.
    const change = join(scratch.folder, 'change');
    const patch = (weight: number) =>
      plane.request(
        'PATCH',
        splitPath,
        { spec: split(weight)['spec'] },
        { contentType: 'application/merge-patch+json' },
      );
    const changeOnce = async (weight: number) => {
      fleet.tell({ type: 'expect-change', route, count: sidecars });
      await fleet.next('expecting');
      const started = process.hrtime.bigint();
      const answered = patch(weight).then(() => process.hrtime.bigint());
      const acked = await fleet.next('acked');
      return {
        took: milliseconds(started, acked.ended),
        answeredAfter: milliseconds(started, await answered),
        bytes: acked.bytes,
        responses: acked.responses,
      };
    };
    const bareChange = async () => {
      bareFleet.tell({ type: 'expect-change', route, count: sidecars });
      await bareFleet.next('expecting');
      bare.tell({ type: 'change', file: change });
      const { started } = await bare.next('changed');
      const acked = await bareFleet.next('acked');
      return milliseconds(started, acked.ended);
    };
    const recordedChange = recorder.nextChange(route);
    await changeOnce(11);
    writeFileSync(change, await recordedChange);
    recorder.close();
    for (let round = 0; round < 5; round++) {
      await changeOnce(20 + round);
      await bareChange();
    }

    progress(`${changes} changes of one weight, in turn with the bare reference`);
    const beforeChanges = await usageOf(admin);
    const ours: Awaited<ReturnType<typeof changeOnce>>[] = [];
    const reference: number[] = [];
    for (let round = 0; round < changes; round++) {
      ours.push(await changeOnce(30 + (round % 50)));
      reference.push(await bareChange());
    }
    const afterChanges = await usageOf(admin);
    return {
      services,
      sidecars,
      changes: ours,
      bareChanges: reference,
      cpuPerChange: ((afterChanges.cpu - beforeChanges.cpu) * 1000) / changes,
      cold: { took: cold.took, bytes: cold.bytes, responses: cold.responses, cpu: afterCold.cpu - before.cpu },
      bareCold: { took: bareCold.took, bytes: bareCold.bytes, responses: bareCold.responses },
      memory: { idle: idle.resident, afterColdStart: afterCold.resident, afterChanges: afterChanges.resident },
      resourceTypes: Object.fromEntries(
        Object.entries(resourceTypeTable).flatMap(([type, { typeUrl }]) => {
          const responses = recorded.get(typeUrl);
          return responses === undefined ? [] : [[type, responses.reduce((sum, { length }) => sum + length, 0)]];
        }),
      ),
    };
  } finally {
    recorder.close();
    await Promise.all([fleet.stop(), bareFleet.stop(), bare.stop()]);
  }
}

const measured: Measured[] = [];
for (const size of sizes) measured.push(await measure(size));
const targets = judge(measured);
if (flags.json) process.stdout.write(`${JSON.stringify({ measured, targets }, undefined, 2)}\n`);
else printReport(measured, targets);
process.exitCode = flags.check && targets.some(({ reached }) => !reached) ? 1 : 0;
