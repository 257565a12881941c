/**
 * Simulated sidecars: streams of real gRPC that subscribe, hold and acknowledge the way Envoy does on a delta
 * aggregated stream, and look at nothing but names, so that what is measured is the server.
 * Runs as a process of its own; talks to the bench over the IPC channel.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import { resourceTypeTable } from '../../src/envoy/resource-type.ts';
import { DeltaDiscoveryRequest } from '../../src/gen/envoy/service/discovery/v3/discovery.ts';
import type { FleetCommand, FleetReport } from './fleet-protocol.ts';

const deltaPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const urls = {
  cluster: resourceTypeTable.cluster.typeUrl,
  endpoint: resourceTypeTable.endpoint.typeUrl,
  listener: resourceTypeTable.listener.typeUrl,
  route: resourceTypeTable.route.typeUrl,
};

interface Received {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly names: readonly string[];
  readonly bytes: number;
}

/** Reads type, nonce and resource names of a DeltaDiscoveryResponse, and skips the rest. */
function readResponse(buffer: Buffer): Received {
  const reader = new BinaryReader(buffer);
  const names: string[] = [];
  let typeUrl = '';
  let nonce = '';
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    switch (tag >>> 3) {
      case 2: {
        const end = reader.uint32() + reader.pos;
        while (reader.pos < end) {
          const inner = reader.uint32();
          if (inner >>> 3 === 3) names.push(reader.string());
          else reader.skip(inner & 7);
        }
        break;
      }
      case 4:
        typeUrl = reader.string();
        break;
      case 5:
        nonce = reader.string();
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  return { typeUrl, nonce, names, bytes: buffer.length };
}

class SimulatedSidecar {
  readonly #stream: ClientDuplexStream<DeltaDiscoveryRequest, Received>;
  readonly #held = new Map<string, Set<string>>();

  constructor(client: Client, nodeId: string, cluster: string, onResponse: (received: Received) => void) {
    this.#stream = client.makeBidiStreamRequest(
      deltaPath,
      (request: DeltaDiscoveryRequest) => Buffer.from(DeltaDiscoveryRequest.encode(request).finish()),
      readResponse,
    );
    this.#stream.on('error', (error: Error) => report({ type: 'error', message: `${nodeId}: ${error.message}` }));
    this.#stream.on('data', (received: Received) => {
      const known = this.#held.get(received.typeUrl) ?? new Set();
      this.#held.set(received.typeUrl, known);
      const fresh = received.names.filter((name) => !known.has(name));
      for (const name of fresh) known.add(name);
      this.#stream.write({ typeUrl: received.typeUrl, responseNonce: received.nonce });
      if (received.typeUrl === urls.cluster) {
        // Envoy asks for the endpoints of EDS clusters; local ones (`inbound/…`) have none.
        const endpoints = fresh.filter((name) => !name.startsWith('inbound/') && !name.startsWith('passthrough'));
        if (endpoints.length > 0) this.#stream.write({ typeUrl: urls.endpoint, resourceNamesSubscribe: endpoints });
        // Every simulated service is HTTP: its route configuration has the cluster's name.
        if (endpoints.length > 0) this.#stream.write({ typeUrl: urls.route, resourceNamesSubscribe: endpoints });
      }
      onResponse(received);
    });
    const node = {
      id: nodeId,
      cluster,
      userAgentName: 'simulated',
      metadata: { 'smi-envoy.io': { sidecar: 'transparent' } },
    };
    this.#stream.write({ node, typeUrl: urls.cluster });
    this.#stream.write({ typeUrl: urls.listener });
  }

  count(typeUrl: string): number {
    return this.#held.get(typeUrl)?.size ?? 0;
  }

  close(): void {
    this.#stream.cancel();
  }
}

const report = (message: FleetReport) => process.send?.(message);

let fleet: SimulatedSidecar[] = [];
let clients: Client[] = [];
let bytes = 0;
let responses = 0;
let onResponse: (sidecar: number, received: Received) => void = () => {};

/** Connects and reports once every sidecar holds at least `services` endpoints and routes. */
function connect(address: string, nodes: readonly { id: string; cluster: string }[], services: number): void {
  const waiting = new Set(nodes.keys());
  bytes = 0;
  responses = 0;
  const started = process.hrtime.bigint();
  onResponse = (index) => {
    const sidecar = fleet[index];
    if (sidecar === undefined || !waiting.has(index)) return;
    if (sidecar.count(urls.endpoint) < services || sidecar.count(urls.route) < services) return;
    if (sidecar.count(urls.listener) < services) return;
    waiting.delete(index);
    if (waiting.size === 0) {
      report({ type: 'complete', started: String(started), ended: String(process.hrtime.bigint()), bytes, responses });
    }
  };
  fleet = nodes.map(({ id, cluster }, index) => {
    // One connection for each, as separate Envoys have.
    const client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
    });
    clients.push(client);
    return new SimulatedSidecar(client, id, cluster, (received) => {
      bytes += received.bytes;
      responses++;
      onResponse(index, received);
    });
  });
}

/** From now on counts what arrives, and reports when `count` sidecars have acknowledged a change of that route. */
function expectChange(route: string, count: number): void {
  const waiting = new Set<number>();
  bytes = 0;
  responses = 0;
  onResponse = (index, received) => {
    if (received.typeUrl !== urls.route || !received.names.includes(route)) return;
    waiting.add(index);
    if (waiting.size === count) report({ type: 'acked', ended: String(process.hrtime.bigint()), bytes, responses });
  };
  report({ type: 'expecting' });
}

function disconnect(): void {
  for (const sidecar of fleet) sidecar.close();
  for (const client of clients) client.close();
  fleet = [];
  clients = [];
}

process.on('message', (command: FleetCommand) => {
  switch (command.type) {
    case 'connect':
      return connect(command.address, command.nodes, command.services);
    case 'expect-change':
      return expectChange(command.route, command.count);
    case 'disconnect':
      return disconnect();
  }
});
process.on('disconnect', () => process.exit(0));
