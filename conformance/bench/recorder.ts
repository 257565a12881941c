import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import { resourceTypeTable } from '../../src/envoy/resource-type.ts';
import { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '../../src/gen/envoy/service/discovery/v3/discovery.ts';
import { eventually } from '../lib/eventually.ts';

/** One more sidecar, which keeps the bytes of every response: what the bare reference is to send. */
export class Recorder {
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<DeltaDiscoveryRequest, Buffer>;
  readonly #responses: { readonly typeUrl: string; readonly names: readonly string[]; readonly bytes: Buffer }[] = [];

  constructor(address: string, node: { readonly id: string; readonly cluster: string }) {
    this.#client = new Client(address, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 });
    this.#stream = this.#client.makeBidiStreamRequest(
      '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      (request: DeltaDiscoveryRequest) => Buffer.from(DeltaDiscoveryRequest.encode(request).finish()),
      (bytes: Buffer) => Buffer.from(bytes),
    );
    this.#stream.on('error', () => {});
    this.#stream.on('data', (bytes: Buffer) => {
      const { typeUrl = '', nonce = '', resources = [] } = DeltaDiscoveryResponse.decode(bytes);
      const names = resources.map(({ name = '' }) => name);
      this.#responses.push({ typeUrl, names, bytes });
      this.#stream.write({ typeUrl, responseNonce: nonce });
      if (typeUrl !== resourceTypeTable.cluster.typeUrl) return;
      const services = names.filter((name) => !name.startsWith('inbound/') && !name.startsWith('passthrough'));
      if (services.length === 0) return;
      for (const type of ['endpoint', 'route'] as const)
        this.#stream.write({ typeUrl: resourceTypeTable[type].typeUrl, resourceNamesSubscribe: services });
    });
    const metadata = { 'smi-envoy.io': { sidecar: 'transparent' } };
    this.#stream.write({ node: { ...node, metadata }, typeUrl: resourceTypeTable.cluster.typeUrl });
    this.#stream.write({ typeUrl: resourceTypeTable.listener.typeUrl });
  }

  /** Responses of each type, once endpoints, routes and listeners of so many services have come. */
  complete(services: number): Promise<ReadonlyMap<string, readonly Buffer[]>> {
    const wanted = (['endpoint', 'route', 'listener'] as const).map((type) => resourceTypeTable[type].typeUrl);
    return eventually('the recorder to hold everything', () => {
      const byType = Map.groupBy(this.#responses, ({ typeUrl }) => typeUrl);
      const count = (typeUrl: string) => byType.get(typeUrl)?.reduce((sum, { names }) => sum + names.length, 0) ?? 0;
      if (wanted.some((typeUrl) => count(typeUrl) < services)) return undefined;
      return new Map([...byType].map(([typeUrl, responses]) => [typeUrl, responses.map(({ bytes }) => bytes)]));
    });
  }

  /** The first response after this call that has the route. */
  async nextChange(route: string): Promise<Buffer> {
    const seen = this.#responses.length;
    return eventually(
      `a change of ${route}`,
      () => this.#responses.slice(seen).find(({ names }) => names.includes(route))?.bytes,
    );
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}
