import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, credentials, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { resourceTypeTable } from '../../src/envoy/resource-type.ts';
import { AdapterService, type ResourceRequest } from '../../src/gen/adapter/adapter.ts';
import { FakeEnvoy } from '../../src/testing/fake-envoy.ts';
import { cluster, endpoint } from '../../src/testing/resources.ts';

const clusterUrl = resourceTypeTable.cluster.typeUrl;
const endpointUrl = resourceTypeTable.endpoint.typeUrl;

describe('the adapter of the public test harness', () => {
  const program = spawn(process.execPath, [join(import.meta.dirname, 'adapter.ts'), '127.0.0.1:0', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let adapter: Client;
  let address = '';
  before(async () => {
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const [, adapterPort, serverPort] = /port (\d+), xDS server on port (\d+)/.exec(line.toString()) ?? [];
    adapter = new Client(`127.0.0.1:${adapterPort}`, credentials.createInsecure());
    address = `127.0.0.1:${serverPort}`;
  });
  after(async () => {
    adapter.close();
    program.kill('SIGTERM');
    if (program.exitCode === null) await once(program, 'exit');
  });

  const call = <Request, Response>(method: MethodDefinition<Request, Response>, request: Request) =>
    new Promise<Response>((resolve, reject) => {
      adapter.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        (error: ServiceError | null, response?: Response) => {
          if (response === undefined) reject(error);
          else resolve(response);
        },
      );
    });
  const setState = (node: string) =>
    call(AdapterService.setState, {
      node,
      version: '1',
      resources: [
        ...['A', 'B', 'C'].map((name) => ({ typeUrl: clusterUrl, value: Buffer.from(cluster(name).bytes) })),
        ...['A', 'B'].map((name) => ({ typeUrl: endpointUrl, value: Buffer.from(endpoint(name).bytes) })),
        { typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime', value: Buffer.alloc(0) },
      ],
    });

  for (const variant of ['sotw', 'delta'] as const) {
    test(`${variant}: what the harness sets, updates, adds and removes is served in the versions that it says`, async () => {
      const node = `harness-${variant}`;
      const change = (typeUrl: string, resourceName: string, version: string): ResourceRequest => ({
        node,
        typeUrl,
        resourceName,
        version,
      });
      assert.deepEqual(await setState(node), { success: true });
      const client = new FakeEnvoy({ address, node, variant, aggregated: true });
      const said = () =>
        client.received.map(({ version, resources, removed }) =>
          [
            ...(variant === 'sotw' ? [`${version}:`] : []),
            ...[...resources].map(([name, held]) => `${name}${variant === 'sotw' ? '' : `@${held.version}`}`).sort(),
            ...removed.map((name) => `-${name}`),
          ].join(' '),
        );
      try {
        client.subscribeAll('cluster');
        await client.whenReceived(1);
        client.subscribe('endpoint', 'A', 'Z');
        await client.whenReceived(2);
        await call(AdapterService.updateResource, change(clusterUrl, 'A', '2'));
        await client.whenReceived(3);
        await client.quiet();
        await call(AdapterService.addResource, change(clusterUrl, 'D', '3'));
        await client.whenReceived(4);
        await client.quiet();
        await call(AdapterService.addResource, change(endpointUrl, 'Z', '2'));
        await client.whenReceived(5);
        await client.quiet();
        await call(AdapterService.removeResource, change(clusterUrl, 'B', '4'));
        await client.whenReceived(7);
        await client.quiet();
        assert.deepEqual(
          said(),
          variant === 'sotw'
            ? ['1: A B C', '1: A', '2: A B C', '1: A', '3: A B C D', '2: Z', '3: A C D']
            : ['A@1 B@1 C@1', 'A@1 -Z', 'A@2', 'A@1', 'D@3', 'Z@2', '-B'],
        );
        assert.deepEqual(await call(AdapterService.clearState, { node }), { response: 'cleared' });
        await assert.rejects(
          client.when(() => false),
          { code: status.UNAVAILABLE },
        );
      } finally {
        client.close();
      }
    });
  }

  test('a change of a node that has no state is an error', async () => {
    await assert.rejects(
      call(AdapterService.updateResource, { node: 'nobody', typeUrl: clusterUrl, resourceName: 'A', version: '2' }),
      { code: status.NOT_FOUND },
    );
  });
});
