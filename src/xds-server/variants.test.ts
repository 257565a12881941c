import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { resourceTypeTable } from '../envoy/resource-type.ts';
import { cluster, endpoint, listener, scopedRoute, snapshotOf } from '../testing/resources.ts';
import { closeAll, startServer, told, web } from '../testing/xds-server.ts';

after(closeAll);

describe('incremental', () => {
  test('a name that is subscribed to again is sent again', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(...web()) });
    const envoy = connect();
    for (let time = 1; time <= 3; time++) {
      envoy.subscribe('endpoint', 'web');
      await envoy.whenReceived(time);
    }
    await envoy.quiet();
    assert.deepEqual(told(envoy), ['endpoint web', 'endpoint web', 'endpoint web']);
    const nonces = envoy.received.map(({ nonce }) => nonce);
    assert.notEqual(nonces[0], nonces[1]);
    assert.notEqual(nonces[1], nonces[2]);
  });

  test('scoped routes are said again, be there none, when another listener comes: Envoy asks for them only once', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(listener('one')) });
    const envoy = connect();
    envoy.subscribeAll('listener');
    await envoy.whenReceived(1);
    envoy.subscribeAll('scopedRoute');
    await envoy.whenReceived(2);
    publish({ a: snapshotOf(listener('one', 2)) });
    await envoy.whenReceived(3);
    await envoy.quiet();
    publish({ a: snapshotOf(listener('one', 2), listener('two')) });
    await envoy.whenReceived(5);
    publish({ a: snapshotOf(listener('one', 2), listener('two'), scopedRoute('scope')) });
    await envoy.whenReceived(6);
    publish({ a: snapshotOf(listener('three'), listener('two'), scopedRoute('scope')) });
    await envoy.whenReceived(8);
    await envoy.quiet();
    assert.deepEqual(told(envoy), [
      'listener one',
      'scopedRoute',
      'listener one',
      'listener two',
      'scopedRoute',
      'scopedRoute scope',
      'listener three -one',
      'scopedRoute scope',
    ]);
  });

  test('who unsubscribes from a name while wanting all is told whether it is part of all', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(cluster('a'), cluster('b')) });
    const envoy = connect();
    envoy.subscribe('cluster', '*', 'a', 'z');
    await envoy.whenReceived(1);
    envoy.unsubscribe('cluster', 'a');
    await envoy.whenReceived(2);
    envoy.unsubscribe('cluster', 'z');
    await envoy.whenReceived(3);
    await envoy.quiet();
    assert.deepEqual(told(envoy), ['cluster a b -z', 'cluster a', 'cluster -z']);
  });

  test('who no longer wants all goes on with the names it wants', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(cluster('a'), cluster('b')) });
    const envoy = connect();
    envoy.subscribeAll('cluster');
    await envoy.whenReceived(1);
    envoy.subscribe('cluster', 'a');
    await envoy.whenReceived(2);
    envoy.unsubscribe('cluster', '*');
    await envoy.quiet();
    publish({ a: snapshotOf(cluster('a', 2), cluster('b', 2), cluster('c')) });
    await envoy.whenReceived(3);
    envoy.unsubscribe('cluster', 'a');
    await envoy.quiet();
    publish({ a: snapshotOf(cluster('a', 3), cluster('b', 3)) });
    await envoy.quiet();
    assert.deepEqual(told(envoy), ['cluster a b', 'cluster a', 'cluster a']);
  });

  test('a request with a nonce that is long past still changes the subscription', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(endpoint('a'), endpoint('b')) });
    const envoy = connect();
    envoy.subscribe('endpoint', 'a');
    await envoy.whenReceived(1);
    envoy.sendRaw('endpoint', {
      typeUrl: resourceTypeTable.endpoint.typeUrl,
      responseNonce: 'long past',
      resourceNamesSubscribe: ['b'],
    });
    await envoy.whenReceived(2);
    assert.deepEqual(told(envoy), ['endpoint a', 'endpoint b']);
  });

  test('a large first response is cut into parts, each sent when the one before was acknowledged', async () => {
    const { connect, publish } = await startServer();
    const names = Array.from({ length: 6000 }, (_, index) => `cluster-with-quite-a-long-name-${index}`);
    publish({ a: snapshotOf(...names.map((name) => cluster(name))) });
    const envoy = connect();
    envoy.holdAcks();
    envoy.subscribeAll('cluster');
    await envoy.whenReceived(1);
    await envoy.quiet();
    assert.equal(envoy.received.length, 1);
    envoy.releaseAcks();
    await envoy.when(() => envoy.held('cluster').size === names.length);
    assert.ok(envoy.received.length > 2);
    for (const { resources } of envoy.received) {
      let bytes = 0;
      for (const held of resources.values()) bytes += held.bytes.length;
      assert.ok(bytes < 300 * 1024);
    }
  });
});

describe('state of the world', () => {
  test('a request with a nonce that is no longer the newest is passed over', async () => {
    const { connect, publish, server } = await startServer();
    publish({ a: snapshotOf(endpoint('a'), endpoint('b')) });
    const envoy = connect({ variant: 'sotw' });
    envoy.subscribe('endpoint', 'a');
    await envoy.whenReceived(1);
    envoy.sendRaw('endpoint', {
      typeUrl: resourceTypeTable.endpoint.typeUrl,
      responseNonce: 'long past',
      resourceNames: ['a', 'b'],
    });
    await envoy.quiet();
    assert.deepEqual(told(envoy), ['endpoint a']);
    assert.equal(server.stats().stale, 1);
    envoy.subscribe('endpoint', 'b');
    await envoy.whenReceived(2);
    assert.deepEqual(told(envoy), ['endpoint a', 'endpoint b']);
  });

  test('a name that is asked for anew comes even if it came before without being asked for', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(cluster('a'), cluster('b')) });
    const envoy = connect({ variant: 'sotw' });
    envoy.subscribeAll('cluster');
    await envoy.whenReceived(1);
    envoy.subscribe('cluster', '*', 'a');
    await envoy.whenReceived(2);
    await envoy.quiet();
    assert.deepEqual(told(envoy), ['cluster a b', 'cluster a b']);
  });

  test('one who wants all and some by name is sent all again after a reconnect', async () => {
    const { connect, publish } = await startServer();
    publish({ a: snapshotOf(cluster('a'), cluster('b')) });
    const envoy = connect({ variant: 'sotw' });
    envoy.subscribe('cluster', '*', 'a');
    await envoy.whenReceived(1);
    await envoy.quiet();
    await envoy.disconnect();
    envoy.reconnect();
    await envoy.whenReceived(2);
    assert.deepEqual(told(envoy), ['cluster a b', 'cluster a b']);
  });

  test('equal states have equal versions on every server, in whatever order they were made', async () => {
    const versions: (string | undefined)[] = [];
    for (const names of [
      ['a', 'b', 'c'],
      ['c', 'a', 'b'],
    ]) {
      const { connect, publish } = await startServer();
      publish({ a: snapshotOf(...names.map((name) => cluster(name))) });
      const envoy = connect({ variant: 'sotw' });
      envoy.subscribeAll('cluster');
      await envoy.whenReceived(1);
      versions.push(envoy.received[0]?.version);
    }
    assert.equal(versions[0], versions[1]);
  });
});
