/**
 * Lets the public xDS transport test harness run against our server: a gRPC service through which the harness says what
 * each node is to be served, beside the server itself.
 *
 *     node conformance/xds/adapter.ts [address of the adapter] [address of the server]
 *
 * The addresses default to those that the harness dials.
 */
import { type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { type ResourceType, resourceTypeByUrl, resourceTypeTable } from '../../src/envoy/resource-type.ts';
import {
  AdapterService,
  type AddResourceResponse,
  type ClearStateRequest,
  type ClearStateResponse,
  type RemoveResourceResponse,
  type ResourceRequest,
  type SetStateRequest,
  type SetStateResponse,
  type UpdateResourceResponse,
} from '../../src/gen/adapter/adapter.ts';
import { makeResource, makeResourceSet } from '../../src/snapshot/make.ts';
import type { Resource, Version } from '../../src/snapshot/resource.ts';
import type { ProxyId } from '../../src/xds-server/api.ts';
import { XdsServer } from '../../src/xds-server/server.ts';

/** The harness names versions itself, by counting; ours would be hashes. */
const byCounting = (a: string, b: string): number => Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0);

/** A message of the type with nothing in it but its name. */
const named = (type: ResourceType, name: string): Uint8Array => {
  const encode = resourceTypeTable[type].encode as (message: unknown) => Uint8Array;
  return encode(type === 'endpoint' ? { clusterName: name } : { name });
};

/** The name that stands in a message of the type. */
const nameIn = (type: ResourceType, bytes: Uint8Array): string => {
  const message = resourceTypeTable[type].decode(bytes);
  return ('clusterName' in message ? message.clusterName : 'name' in message ? message.name : undefined) ?? '';
};

const withVersion = (type: ResourceType, name: string, bytes: Uint8Array, version: string): Resource => ({
  ...makeResource(type, name, bytes),
  version: version as Version,
});

type Nodes = Map<string, Map<string, Resource>>;
const key = (type: ResourceType, name: string) => `${type} ${name}`;

/** The adapter and the server it sets the state of, listening. */
export interface RunningAdapter {
  readonly adapterPort: number;
  readonly serverPort: number;
  close(): Promise<void>;
}

export async function startAdapter(adapterAddress: string, serverAddress: string): Promise<RunningAdapter> {
  const server = new XdsServer({
    // What the harness expects of a response in state of the world is the version that it set last.
    stateVersion: (_type, resources) =>
      resources
        .map(({ version }) => version)
        .sort(byCounting)
        .at(-1) ?? '0',
  });
  const { port: serverPort } = await server.listen(serverAddress);
  const nodes: Nodes = new Map();

  const publish = (node: string) => {
    const resources = makeResourceSet(nodes.get(node)?.values() ?? []);
    server.publish(new Map([[node as ProxyId, { layers: [{ resources, names: 'all' }] }]]));
  };

  const setState: handleUnaryCall<SetStateRequest, SetStateResponse> = ({ request }, answer) => {
    const { node = '', version = '', resources = [] } = request;
    const state = new Map<string, Resource>();
    for (const { typeUrl = '', value = Buffer.alloc(0) } of resources) {
      const type = resourceTypeByUrl.get(typeUrl);
      // The harness sets every type there is; those that we do not serve are left out.
      if (type === undefined) continue;
      const name = nameIn(type, value);
      state.set(key(type, name), withVersion(type, name, value, version));
    }
    nodes.set(node, state);
    publish(node);
    answer(null, { success: true });
  };

  const clearState: handleUnaryCall<ClearStateRequest, ClearStateResponse> = ({ request: { node = '' } }, answer) => {
    nodes.delete(node);
    server.forget(node as ProxyId);
    answer(null, { response: 'cleared' });
  };

  /** Changes one resource of a node; the change returns what it is to be, or undefined to take it away. */
  const changing =
    (
      change: (request: ResourceRequest, type: ResourceType, old: Resource | undefined) => Resource | undefined,
    ): handleUnaryCall<ResourceRequest, UpdateResourceResponse & AddResourceResponse & RemoveResourceResponse> =>
    ({ request }, answer) => {
      const { node = '', typeUrl = '', resourceName = '' } = request;
      const type = resourceTypeByUrl.get(typeUrl);
      const state = nodes.get(node);
      if (type === undefined || state === undefined) {
        const what = type === undefined ? `the type ${typeUrl}` : `a state of the node ${node}`;
        answer({ code: status.NOT_FOUND, details: `there is not ${what}` });
        return;
      }
      const next = change(request, type, state.get(key(type, resourceName)));
      if (next === undefined) state.delete(key(type, resourceName));
      else state.set(key(type, resourceName), next);
      publish(node);
      answer(null, { success: true });
    };

  const adapter = new Server();
  adapter.addService(AdapterService, {
    setState,
    clearState,
    updateResource: changing(({ resourceName = '', version = '' }, type, old) =>
      withVersion(type, resourceName, old?.bytes ?? named(type, resourceName), version),
    ),
    addResource: changing(({ resourceName = '', version = '' }, type) =>
      withVersion(type, resourceName, named(type, resourceName), version),
    ),
    removeResource: changing(() => undefined),
  });
  const adapterPort = await new Promise<number>((resolve, reject) => {
    adapter.bindAsync(adapterAddress, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
  return {
    adapterPort,
    serverPort,
    close: async () => {
      adapter.forceShutdown();
      await server.close();
    },
  };
}

if (import.meta.main) {
  const [adapterAddress = '127.0.0.1:17000', serverAddress = '127.0.0.1:18000'] = process.argv.slice(2);
  const running = await startAdapter(adapterAddress, serverAddress);
  console.log(`adapter on port ${running.adapterPort}, xDS server on port ${running.serverPort}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void running.close().then(() => process.exit(0)));
  }
}
