/**
 * How long a change takes from `publish` to the last acknowledgement, beside a bare grpc-js server that sends the same
 * bytes to the same clients, in the same run. `node conformance/xds/publish-bench.ts [streams] [services]`
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { type ResourceType, resourceTypeByUrl, resourceTypes } from '../../src/envoy/resource-type.ts';
import { AggregatedDiscoveryServiceService } from '../../src/gen/envoy/service/discovery/v3/ads.ts';
import type { Resource } from '../../src/snapshot/resource.ts';
import { cluster, endpoint, listener, route, snapshotOf } from '../../src/testing/resources.ts';
import type { ProxyId } from '../../src/xds-server/api.ts';
import { prefixLength } from '../../src/xds-server/frame.ts';
import { decodeDeltaRequest, type XdsRequest } from '../../src/xds-server/request.ts';
import { responseBytes } from '../../src/xds-server/respond.ts';
import { hashOfVersions, ResponseAssembler } from '../../src/xds-server/response.ts';
import { XdsServer } from '../../src/xds-server/server.ts';
import type { FleetCommand, FleetReport } from '../bench/fleet-protocol.ts';

/** What is measured: something that listens, and can send a change of one route to all. */
interface Contestant {
  readonly port: number;
  change(revision: number): void;
  close(): Promise<void>;
}

const rounds = 30;
const names = (services: number) => Array.from({ length: services }, (_, index) => `namespace/service-${index}/80`);
const nodes = (streams: number) =>
  Array.from({ length: streams }, (_, index) => ({ id: `namespace/pod-${index}`, cluster: 'namespace/account' }));

function mesh(services: number): readonly Resource[] {
  return names(services).flatMap((name) => [cluster(name), endpoint(name), listener(name), route(name)]);
}

async function ours(streams: number, services: number): Promise<Contestant> {
  const resources = mesh(services);
  const server = new XdsServer();
  const { port } = await server.listen('127.0.0.1:0');
  const changed = names(services)[0] ?? '';
  const [first] = snapshotOf(...resources).layers;
  if (first === undefined) throw new Error('a snapshot has a layer');
  let layer = first;
  const publish = () => {
    server.publish(new Map(nodes(streams).map(({ id }) => [id as ProxyId, { layers: [layer] }])));
  };
  publish();
  return {
    port,
    change: (revision) => {
      // As the rest of the program makes it: what did not change is the same map.
      const routes = new Map(layer.resources.route).set(changed, route(changed, revision));
      layer = { names: 'all', resources: { ...layer.resources, route: routes } };
      publish();
    },
    close: () => server.close(),
  };
}

function bare(_streams: number, services: number): Promise<Contestant> {
  const assembler = new ResponseAssembler(hashOfVersions, 0);
  const encode = (type: ResourceType, resources: readonly Resource[]) =>
    assembler
      .assemble('delta', type, { resources, removed: [], batch: { ids: [], resources: [] } }, undefined)
      .frame.subarray(prefixLength);
  const first = new Map<ResourceType, readonly Buffer[]>();
  for (const type of resourceTypes) {
    const responses: Buffer[] = [];
    let part: Resource[] = [];
    let bytes = 0;
    for (const resource of mesh(services)) {
      if (resource.type !== type) continue;
      part.push(resource);
      bytes += resource.bytes.length;
      if (bytes < responseBytes) continue;
      responses.push(encode(type, part));
      part = [];
      bytes = 0;
    }
    if (part.length > 0) responses.push(encode(type, part));
    first.set(type, responses);
  }
  const open = new Set<ServerDuplexStream<XdsRequest, Buffer>>();
  const server = new Server();
  server.addService(
    {
      delta: {
        ...AggregatedDiscoveryServiceService.deltaAggregatedResources,
        requestDeserialize: decodeDeltaRequest,
        responseSerialize: (bytes: Buffer) => bytes,
      },
    },
    {
      delta: (call: ServerDuplexStream<XdsRequest, Buffer>) => {
        open.add(call);
        const answered = new Set<string>();
        call.on('data', ({ typeUrl }: XdsRequest) => {
          if (answered.has(typeUrl)) return;
          answered.add(typeUrl);
          for (const bytes of first.get(resourceTypeByUrl.get(typeUrl) ?? 'secret') ?? []) call.write(bytes);
        });
        call.on('cancelled', () => open.delete(call));
        call.on('error', () => open.delete(call));
      },
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) reject(error);
      resolve({
        port,
        change: (revision) => {
          const bytes = encode('route', [route(names(services)[0] ?? '', revision)]);
          for (const call of open) call.write(bytes);
        },
        close: async () => server.forceShutdown(),
      });
    });
  });
}

async function measure(label: string, contestant: Contestant, streams: number, services: number): Promise<void> {
  const fleet = fork(join(import.meta.dirname, '../bench/sidecar-fleet.ts'), { execArgv: [] });
  const report = <T extends FleetReport['type']>(type: T) =>
    new Promise<Extract<FleetReport, { readonly type: T }>>((resolve, reject) => {
      const look = (message: FleetReport) => {
        if (message.type === 'error') reject(new Error(message.message));
        if (message.type !== type) return;
        fleet.off('message', look);
        resolve(message as Extract<FleetReport, { readonly type: T }>);
      };
      fleet.on('message', look);
    });
  const tell = (command: FleetCommand) => fleet.send(command);
  const before = process.memoryUsage.rss();
  const cpuBefore = process.cpuUsage();
  const complete = report('complete');
  tell({ type: 'connect', address: `127.0.0.1:${contestant.port}`, nodes: nodes(streams), services });
  const cold = await complete;
  const cpu = process.cpuUsage(cpuBefore);
  const times: number[] = [];
  const cpus: number[] = [];
  let bytes = 0;
  for (let revision = 2; revision < rounds + 2; revision++) {
    const ready = report('expecting');
    tell({ type: 'expect-change', route: names(services)[0] ?? '', count: streams });
    await ready;
    const acked = report('acked');
    const busy = process.cpuUsage();
    const started = process.hrtime.bigint();
    contestant.change(revision);
    const { ended, bytes: sent } = await acked;
    times.push(Number(BigInt(ended) - started) / 1e6);
    cpus.push(process.cpuUsage(busy).user / 1e3 + process.cpuUsage(busy).system / 1e3);
    bytes = sent;
  }
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]?.toFixed(1);
  console.log(
    [
      label.padEnd(6),
      `${streams} streams x ${services} services:`,
      `cold ${(Number(BigInt(cold.ended) - BigInt(cold.started)) / 1e6).toFixed(0)} ms`,
      `(${((cpu.user + cpu.system) / 1e3).toFixed(0)} ms CPU, ${(cold.bytes / 1e6).toFixed(0)} MB, ${cold.responses} responses),`,
      `change ${median(times)} ms (${median(cpus)} ms CPU, ${(bytes / 1e3).toFixed(0)} kB),`,
      `memory ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB (${(before / 2 ** 20).toFixed(0)} MB before)`,
    ].join(' '),
  );
  fleet.disconnect();
  await contestant.close();
}

const [streams = 200, services = 1000] = process.argv.slice(2).map(Number);
const only = process.env['ONLY'];
if (only !== 'bare') await measure('ours', await ours(streams, services), streams, services);
if (only !== 'ours') await measure('bare', await bare(streams, services), streams, services);
