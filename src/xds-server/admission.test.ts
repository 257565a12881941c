import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { resourceTypeTable } from '../envoy/resource-type.ts';
import { cluster, listener, snapshotOf } from '../testing/resources.ts';
import { closeAll, holds, startServer, told, web } from '../testing/xds-server.ts';
import type { ProxyId } from './api.ts';

after(closeAll);

describe('who may connect', () => {
  test('a stream without a node is refused, and told what is missing', async () => {
    const { connect, eventsOf } = await startServer();
    const envoy = connect({ node: {} }).start();
    await assert.rejects(
      envoy.when(() => false),
      { code: status.INVALID_ARGUMENT, details: 'node.id is missing' },
    );
    assert.equal(eventsOf('refused')[0]?.message, 'node.id is missing');
  });

  test('a stranger is refused with the status and words of the admission', async () => {
    const { connect, server, eventsOf } = await startServer({
      admit: () => ({ admitted: false, code: status.PERMISSION_DENIED, message: 'no pod a/b is known' }),
    });
    const envoy = connect({ node: 'a/b' }).start();
    await assert.rejects(
      envoy.when(() => false),
      {
        code: status.PERMISSION_DENIED,
        details: 'no pod a/b is known',
      },
    );
    assert.deepEqual(server.proxies(), []);
    assert.equal(eventsOf('refused')[0]?.nodeId, 'a/b');
  });

  test('an admission that fails ends the stream, and the client may try again', async () => {
    const { connect } = await startServer({ admit: () => Promise.reject(new Error('the lookup timed out')) });
    const envoy = connect().start();
    await assert.rejects(
      envoy.when(() => false),
      {
        code: status.UNAVAILABLE,
        details: 'admission failed: the lookup timed out',
      },
    );
  });

  test('what is asked while the admission takes its time is answered after it', async () => {
    const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
    const { connect, publish } = await startServer({
      admit: async ({ id }) => {
        await decided;
        return { admitted: true, proxy: `proxy of ${id}` as ProxyId };
      },
    });
    publish({ 'proxy of a': snapshotOf(...web()) });
    const envoy = connect().start();
    await envoy.quiet();
    assert.deepEqual(told(envoy), []);
    decide();
    await envoy.when(() => holds(envoy, cluster('web'), listener('web')));
  });

  test('a proxy for which nothing was published is told nothing, rather than that it has nothing', async () => {
    const { connect, publish, server } = await startServer();
    const envoy = connect().start();
    await envoy.quiet();
    assert.deepEqual(told(envoy), []);
    assert.deepEqual(
      server.proxies().map(({ proxy, types }) => ({ proxy, types })),
      [{ proxy: 'a', types: [] }],
    );
    assert.equal(publish({ a: snapshotOf(...web()) }).proxiesTouched, 1);
    await envoy.when(() => holds(envoy, cluster('web'), listener('web')));
  });

  test('a proxy that is forgotten loses its streams', async () => {
    const { connect, publish, server, eventsOf } = await startServer();
    publish({ a: snapshotOf(...web()) });
    const envoy = connect().start();
    await envoy.when(() => holds(envoy, cluster('web')));
    server.forget('a' as ProxyId);
    await assert.rejects(
      envoy.when(() => false),
      { code: status.UNAVAILABLE },
    );
    assert.equal(eventsOf('disconnected').length, 1);
  });

  test('on a per-type service another type is an error', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(...web()) });
    const envoy = connect({ aggregated: false });
    envoy.sendRaw('cluster', { node: { id: 'a' }, typeUrl: resourceTypeTable.listener.typeUrl });
    await assert.rejects(
      envoy.when(() => false),
      { code: status.INVALID_ARGUMENT },
    );
  });

  test('on a per-type service the type need not be said', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(...web()) });
    const envoy = connect({ aggregated: false });
    envoy.sendRaw('cluster', { node: { id: 'a' }, typeUrl: '', resourceNamesSubscribe: ['web'] });
    await envoy.whenReceived(1, 'cluster');
  });

  test('on an aggregated stream a request without type is an error, and one for a type that we do not have is passed over', async () => {
    const { connect, publish, server } = await startServer();
    publish({ a: snapshotOf(...web()) });
    const envoy = connect();
    envoy.sendRaw('cluster', { node: { id: 'a' }, typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime' });
    await envoy.quiet();
    assert.equal(server.stats().unknownTypes, 1);
    envoy.sendRaw('cluster', { typeUrl: '' });
    await assert.rejects(
      envoy.when(() => false),
      { code: status.INVALID_ARGUMENT },
    );
  });
});
