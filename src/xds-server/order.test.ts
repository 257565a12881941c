import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { cluster, endpoint, listener, make, route, snapshotOf } from '../testing/resources.ts';
import { closeAll, holds, startServer, told, web } from '../testing/xds-server.ts';

after(closeAll);

describe('what has to wait for what', () => {
  for (const variant of ['delta', 'sotw'] as const) {
    test(`${variant}: a route that moves to a new cluster waits until it is warm; the old one goes when no route leads there`, async () => {
      const { connect, publish } = await startServer();
      const listeners = [listener('web')];
      publish({ a: snapshotOf(cluster('old'), endpoint('old'), ...listeners, route('web', 1, 'old')) });
      const envoy = connect({ variant, aggregated: true, follow: true, warming: true }).start();
      await envoy.when(() => holds(envoy, route('web', 1, 'old')));
      await envoy.quiet();
      const before = envoy.received.length;
      envoy.holdAcks();
      publish({ a: snapshotOf(cluster('new'), endpoint('new'), ...listeners, route('web', 2, 'new')) });
      await envoy.quiet();
      // Neither is the new route sent before the new cluster was acknowledged, nor the old cluster taken away.
      assert.deepEqual(
        told(envoy).slice(before),
        variant === 'delta' ? ['cluster new', 'endpoint new'] : ['cluster new old', 'endpoint new'],
      );
      envoy.releaseAcks();
      await envoy.when(() => envoy.names('cluster').join() === 'new');
      await envoy.quiet();
      assert.deepEqual(
        told(envoy).slice(before),
        variant === 'delta'
          ? ['cluster new', 'endpoint new', 'route web', 'cluster -old']
          : ['cluster new old', 'endpoint new', 'route web', 'cluster new'],
      );
    });

    test(`${variant}: a route whose cluster only changes does not wait`, async () => {
      const { connect, publish } = await startServer();
      publish({ a: snapshotOf(...web()) });
      const envoy = connect({ variant, aggregated: true, follow: true }).start();
      await envoy.when(() => holds(envoy, ...web()));
      await envoy.quiet();
      const before = envoy.received.length;
      envoy.holdAcks();
      publish({ a: snapshotOf(cluster('web', 2), endpoint('web'), listener('web'), route('web', 2)) });
      await envoy.quiet();
      // The endpoints come again although they did not change: without them the changed cluster never gets warm.
      assert.deepEqual(told(envoy).slice(before), ['cluster web', 'endpoint web', 'route web']);
      envoy.releaseAcks();
    });

    test(`${variant}: endpoints that were on their way when the stream broke come again, though the client says it has them`, async () => {
      const { connect, publish } = await startServer();
      publish({ a: snapshotOf(...web()) });
      const envoy = connect({ variant, aggregated: true, follow: true }).start();
      await envoy.when(() => holds(envoy, ...web()));
      await envoy.quiet();
      envoy.holdAcks();
      publish({ a: snapshotOf(cluster('web', 2), endpoint('web'), listener('web'), route('web')) });
      await envoy.whenReceived(2, 'endpoint');
      await envoy.disconnect();
      const before = envoy.received.length;
      envoy.reconnect();
      await envoy.when(() => told(envoy).slice(before).includes('endpoint web'));
    });

    test(`${variant}: a route to a cluster that the client refused stays as it was`, async () => {
      const { connect, publish, eventsOf, until } = await startServer();
      publish({ a: snapshotOf(...web()) });
      const envoy = connect({
        variant,
        aggregated: true,
        follow: true,
        reject: (_type, name) => (name === 'bad' ? 'cluster bad: no' : undefined),
      }).start();
      await envoy.when(() => holds(envoy, ...web()));
      publish({ a: snapshotOf(...web().slice(0, 3), cluster('bad'), endpoint('bad'), route('web', 2, 'bad')) });
      await until(() => eventsOf('nack').length === 1);
      await envoy.quiet();
      assert.ok(holds(envoy, route('web', 1)));
      publish({ a: snapshotOf(...web(3)) });
      await envoy.when(() => holds(envoy, route('web', 3)));
    });
  }

  test('everything at once comes in the order in which it is needed', async () => {
    const { connect, publish } = await startServer();
    const all = ['secret', 'cluster', 'endpoint', 'listener', 'scopedRoute', 'route', 'extension'] as const;
    publish({ a: snapshotOf(...all.map((type) => make[type]('x', 1))) });
    const envoy = connect();
    for (const type of [...all].reverse()) envoy.subscribe(type, 'x');
    await envoy.when(() => all.every((type) => envoy.held(type).size === 1));
    await envoy.quiet();
    const before = envoy.received.length;
    publish({ a: snapshotOf(...all.map((type) => make[type]('x', 2))) });
    await envoy.when(() => holds(envoy, ...all.map((type) => make[type]('x', 2))));
    assert.deepEqual(
      told(envoy).slice(before),
      all.map((type) => `${type} x`),
    );
  });
});
