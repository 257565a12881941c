import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { cluster, endpoint, listener, make, secret, snapshotOf } from '../testing/resources.ts';
import { closeAll, fourWays, holds, startServer, told, web } from '../testing/xds-server.ts';

after(closeAll);

for (const mode of fourWays) {
  const whole = mode.variant === 'sotw';
  describe(`${mode.variant}, ${mode.aggregated ? 'aggregated' : 'one stream for each type'}`, () => {
    test('an Envoy that starts gets all that it needs', async () => {
      const { connect, publish, eventsOf } = await startServer();
      const { sequence } = publish({ a: snapshotOf(...web(), secret('unused')) });
      const envoy = connect({ ...mode, follow: true, warming: true }).start();
      await envoy.when(() => holds(envoy, ...web()));
      await envoy.quiet();
      assert.deepEqual(envoy.names('secret'), []);
      assert.equal(eventsOf('synced').at(-1)?.sequence, sequence);
    });

    test('while a response is not acknowledged no other of its type is sent, and then only the latest', async () => {
      const { connect, publish, server } = await startServer();
      publish({ a: snapshotOf(...web()) });
      const envoy = connect({ ...mode, follow: true }).start();
      await envoy.when(() => holds(envoy, ...web()));
      await envoy.quiet();
      const before = server.stats().types.route.responses;
      envoy.holdAcks();
      for (let revision = 2; revision <= 9; revision++) publish({ a: snapshotOf(...web(revision)) });
      await envoy.quiet();
      assert.equal(server.stats().types.route.responses, before + 1);
      if (mode.aggregated) assert.equal(server.proxies()[0]?.behind, 8);
      envoy.releaseAcks();
      await envoy.when(() => holds(envoy, ...web(9)));
      await envoy.quiet();
      assert.equal(server.stats().types.route.responses, before + 2);
      assert.equal(server.proxies()[0]?.behind, 0);
    });

    for (const type of ['cluster', 'route'] as const) {
      for (const [way, say] of [
        ['is named', (name: string) => `Error adding/updating ${type}(s) ${name}: its revision is 13`],
        ['is not named', () => 'something has revision 13'],
      ] as const) {
        test(`a bad ${type} that ${way} in the refusal is kept out, and the good ones beside it come`, async () => {
          const names = ['a', 'b', 'bad', 'c', 'd', 'e', 'worse'];
          const state = (revision: number, bad = revision) =>
            snapshotOf(...names.map((name) => make[type](name, name === 'bad' || name === 'worse' ? bad : revision)));
          const encoded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
          const refused = new Set(['bad', 'worse'].map((name) => encoded(make[type](name, 13).bytes)));
          const { connect, publish, server, eventsOf, until } = await startServer();
          publish({ a: state(1) });
          const envoy = connect({
            ...mode,
            reject: (_type, name, bytes) => (refused.has(encoded(bytes)) ? say(name) : undefined),
          });
          envoy.subscribe(type, ...names);
          await envoy.when(() => names.every((name) => holds(envoy, make[type](name, 1))));
          publish({ a: state(2, 13) });
          const good = names.filter((name) => name !== 'bad' && name !== 'worse');
          await envoy.when(() => good.every((name) => holds(envoy, make[type](name, 2))));
          await until(() => eventsOf('synced').at(-1)?.rejected === 2);
          // The last good one stays.
          assert.ok(holds(envoy, make[type]('bad', 1), make[type]('worse', 1)));
          assert.deepEqual(
            eventsOf('nack')
              .map(({ resources, resourceType }) => `${resourceType} ${resources}`)
              .sort(),
            [`${type} bad`, `${type} worse`],
          );
          const described = server.proxies()[0]?.types.find((one) => one.type === type);
          assert.deepEqual(described?.rejected.map(({ name }) => name).sort(), ['bad', 'worse']);
          // It stays out when others change, and comes when it changes itself.
          const nacks = server.stats().types[type].nacks;
          publish({ a: state(3, 13) });
          await envoy.when(() => good.every((name) => holds(envoy, make[type](name, 3))));
          await envoy.quiet();
          assert.equal(server.stats().types[type].nacks, nacks);
          publish({ a: state(3, 4) });
          await envoy.when(() => holds(envoy, make[type]('bad', 4), make[type]('worse', 4)));
          await envoy.quiet();
          assert.deepEqual(server.proxies()[0]?.types.find((one) => one.type === type)?.rejected, []);
        });
      }
    }

    test('a refusal that does not come again is reported once, without anybody to blame', async () => {
      const { connect, publish, eventsOf } = await startServer();
      publish({ a: snapshotOf(cluster('a'), cluster('b')) });
      let moody = true;
      const envoy = connect({
        ...mode,
        reject: () => {
          const error = moody ? 'not now' : undefined;
          moody = false;
          return error;
        },
      });
      envoy.subscribeAll('cluster');
      await envoy.when(() => holds(envoy, cluster('a'), cluster('b')));
      await envoy.quiet();
      assert.deepEqual(
        eventsOf('nack').map(({ resources, message }) => [resources, message]),
        [[[], 'not now']],
      );
    });

    test('a bad resource that changes while it is under suspicion is tried anew', async () => {
      const { connect, publish, eventsOf } = await startServer();
      publish({ a: snapshotOf(cluster('a', 13), cluster('b')) });
      const bad = Buffer.from(cluster('a', 13).bytes);
      const envoy = connect({
        ...mode,
        reject: (_type, _name, bytes) => (bad.equals(bytes) ? 'no' : undefined),
      });
      envoy.holdAcks();
      envoy.subscribeAll('cluster');
      await envoy.whenReceived(1);
      publish({ a: snapshotOf(cluster('a', 2), cluster('b')) });
      envoy.releaseAcks();
      await envoy.when(() => holds(envoy, cluster('a', 2), cluster('b')));
      await envoy.quiet();
      assert.deepEqual(
        eventsOf('nack').flatMap(({ resources }) => resources),
        [],
      );
    });

    test('after a reconnect only what changed meanwhile is sent', async () => {
      const { connect, publish } = await startServer();
      publish({ a: snapshotOf(...web(), cluster('gone'), endpoint('gone')) });
      const envoy = connect({ ...mode, follow: true }).start();
      await envoy.when(() => holds(envoy, ...web(), endpoint('gone')));
      await envoy.quiet();
      await envoy.disconnect();
      publish({ a: snapshotOf(...web(2)) });
      const before = envoy.received.length;
      envoy.reconnect();
      await envoy.when(() => holds(envoy, ...web(2)) && !envoy.held('cluster').has('gone'));
      await envoy.quiet();
      const since = told(envoy).slice(before).sort();
      // State of the world: clusters are sent as a whole because one is gone, listeners not at all, and of the others
      // the server cannot tell what the client has.
      assert.deepEqual(
        since,
        whole ? ['cluster web', 'endpoint web', 'route web'] : ['cluster -gone', 'endpoint -gone', 'route web'],
      );
    });

    test('after a reconnect nothing is sent to one who wants all and has all', async () => {
      const { connect, publish, server } = await startServer();
      publish({ a: snapshotOf(cluster('a'), cluster('b'), listener('c')) });
      const envoy = connect(mode).start();
      await envoy.when(() => holds(envoy, cluster('a'), cluster('b'), listener('c')));
      await envoy.quiet();
      await envoy.disconnect();
      const before = server.stats().types;
      envoy.reconnect();
      await envoy.quiet();
      assert.deepEqual(server.stats().types, before);
      publish({ a: snapshotOf(cluster('a'), cluster('b', 2), listener('c')) });
      await envoy.when(() => holds(envoy, cluster('b', 2)));
    });

    test('several clients are sent the same buffer', async () => {
      const { connect, publish, server } = await startServer();
      const nodes = Array.from({ length: 10 }, (_, index) => `node-${index}`);
      const shared = (revision: number) => {
        const snapshot = snapshotOf(...web(revision));
        return Object.fromEntries(nodes.map((node) => [node, snapshot]));
      };
      publish(shared(1));
      const envoys = nodes.map((node) => connect({ ...mode, node, follow: true }).start());
      await Promise.all(envoys.map((envoy) => envoy.when(() => holds(envoy, ...web()))));
      const before = server.stats();
      assert.equal(before.assembled, 4);
      const report = publish(shared(2));
      assert.equal(report.resourcesChanged, 1);
      assert.equal(report.proxiesTouched, 10);
      await Promise.all(envoys.map((envoy) => envoy.when(() => holds(envoy, ...web(2)))));
      assert.equal(server.stats().assembled, before.assembled + 1);
      assert.equal(server.stats().types.route.responses, before.types.route.responses + 10);
      assert.equal(new Set(envoys.map((envoy) => envoy.received.at(-1)?.nonce)).size, 1);
    });

    test('a client that does not read holds up nobody', async () => {
      const { connect, publish, server } = await startServer({ bytesOnTheirWay: 64 * 1024 });
      const many = (revision: number) =>
        snapshotOf(...Array.from({ length: 3000 }, (_, index) => cluster(`cluster-number-${index}`, revision)));
      publish({ stuck: many(1), other: many(1) });
      const stuck = connect({ ...mode, node: 'stuck' });
      stuck.subscribeAll('cluster');
      await stuck.whenReceived(1);
      stuck.stall();
      const envoy = connect({ ...mode, node: 'other' });
      envoy.subscribeAll('cluster');
      await envoy.when(() => envoy.held('cluster').size === 3000);
      for (let revision = 2; revision < 5; revision++) {
        publish({ stuck: many(revision), other: many(revision) });
        await envoy.when(() => holds(envoy, cluster('cluster-number-2999', revision)));
      }
      // What the stuck one has not read is bounded: nothing more is sent before it acknowledges.
      const sent = server.stats().types.cluster.responses;
      publish({ stuck: many(5) });
      assert.equal(server.stats().types.cluster.responses, sent);
      stuck.resume();
      await stuck.when(() => holds(stuck, cluster('cluster-number-2999', 5)));
    });
  });
}
