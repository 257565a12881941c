import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { resourceTypeTable } from '../envoy/resource-type.ts';
import type { Resource } from '../snapshot/resource.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { FakeEnvoy, type FakeEnvoyOptions } from '../testing/fake-envoy.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { cluster, endpoint, listener, make, route, secret, snapshotOf } from '../testing/resources.ts';
import type { ProxyId, XdsEvent } from './api.ts';
import { XdsServer, type XdsServerOptions } from './server.ts';

const closers: (() => Promise<void> | void)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

/** A server on a port of its own, what it said, and clients for it. */
async function startServer(options: XdsServerOptions = {}) {
  const events: XdsEvent[] = [];
  const waiting: (() => void)[] = [];
  const server = new XdsServer({
    ...options,
    onEvent: (event) => {
      events.push(event);
      for (const look of waiting) look();
    },
  });
  const { port } = await server.listen('127.0.0.1:0');
  closers.push(() => server.close());
  const address = `127.0.0.1:${port}`;
  const connect = (client: Partial<FakeEnvoyOptions> = {}) => {
    const envoy = new FakeEnvoy({ address, variant: 'delta', aggregated: true, node: 'a', ...client });
    closers.push(() => envoy.close());
    return envoy;
  };
  const publish = (snapshots: Readonly<Record<string, Snapshot>>) =>
    server.publish(new Map(Object.entries(snapshots) as [ProxyId, Snapshot][]));
  const eventsOf = <T extends XdsEvent['type']>(type: T) =>
    events.filter((event): event is Extract<XdsEvent, { readonly type: T }> => event.type === type);
  /** Resolves once the events make it true. */
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => condition() && resolve();
      waiting.push(look);
      look();
    });
  return { server, address, connect, publish, events, eventsOf, until };
}

const web = (revision = 1): readonly Resource[] => [
  cluster('web'),
  endpoint('web'),
  listener('web'),
  route('web', revision),
];

/** The order in which things came: `cluster a b`, or `cluster -a` where a was removed. */
const told = (envoy: FakeEnvoy): readonly string[] =>
  envoy.received.map(({ type, resources, removed }) =>
    [type, ...resources.keys(), ...removed.map((name) => `-${name}`)].join(' '),
  );

const holds = (envoy: FakeEnvoy, ...resources: readonly Resource[]): boolean =>
  resources.every(
    ({ type, name, bytes }) => Buffer.compare(envoy.held(type).get(name)?.bytes ?? Buffer.alloc(0), bytes) === 0,
  );

const fourWays = [
  { variant: 'delta', aggregated: true },
  { variant: 'delta', aggregated: false },
  { variant: 'sotw', aggregated: true },
  { variant: 'sotw', aggregated: false },
] as const;

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
    const all = ['secret', 'cluster', 'endpoint', 'listener', 'scopedRoute', 'route'] as const;
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

test('what is private to a proxy reaches only that proxy, and shadows what is shared', async () => {
  const { connect, publish, server } = await startServer();
  const [shared] = snapshotOf(cluster('web'), cluster('hidden')).layers;
  assert.ok(shared);
  const scoped = { resources: shared.resources, names: new Set(['web']) };
  const own = (revision: number) => snapshotOf(cluster('own', revision), cluster('web', revision)).layers;
  publish({ a: { layers: [...own(7), scoped] }, b: { layers: [scoped] } });
  const [a, b] = [connect({ node: 'a' }), connect({ node: 'b' })];
  for (const envoy of [a, b]) envoy.subscribeAll('cluster');
  await a.when(() => holds(a, cluster('own', 7), cluster('web', 7)));
  await b.when(() => holds(b, cluster('web', 1)));
  const before = server.stats().types.cluster.responses;
  const report = publish({ a: { layers: [...own(8), scoped] }, b: { layers: [scoped] } });
  assert.equal(report.proxiesTouched, 1);
  await a.when(() => holds(a, cluster('own', 8), cluster('web', 8)));
  await b.quiet();
  assert.equal(server.stats().types.cluster.responses, before + 1);
  assert.deepEqual([a.names('cluster'), b.names('cluster')], [['own', 'web'], ['web']]);
  // What changes behind its back does not reach the one that has its own.
  const [changed] = snapshotOf(cluster('web', 2), cluster('hidden')).layers;
  assert.ok(changed);
  const news = { resources: changed.resources, names: scoped.names };
  assert.equal(publish({ a: { layers: [...own(8), news] }, b: { layers: [news] } }).proxiesTouched, 1);
  await b.when(() => holds(b, cluster('web', 2)));
  await a.quiet();
  assert.equal(server.stats().types.cluster.responses, before + 2);
  // A name that joins the set of a proxy comes, though no resource changed.
  const wider = { resources: shared.resources, names: new Set(['web', 'hidden']) };
  publish({ b: { layers: [wider] } });
  await b.when(() => b.names('cluster').join() === 'hidden,web');
});

test('large responses wait while others are on their way, but not for one that does not read', async () => {
  const clock = new ManualClock();
  const { connect, publish, server } = await startServer({ clock, bytesOnTheirWay: 100_000 });
  const nodes = ['a', 'b', 'c'];
  const many = snapshotOf(...Array.from({ length: 3000 }, (_, index) => cluster(`cluster-number-${index}`)));
  publish(Object.fromEntries(nodes.map((node) => [node, many])));
  const [a, b, c] = nodes.map((node) => connect({ node }));
  assert.ok(a && b && c);
  for (const envoy of [a, b, c]) {
    envoy.subscribe('cluster', 'unknown');
    await envoy.whenReceived(1);
  }
  // More than the window of an HTTP/2 stream, so that it stays here until it is read.
  a.stall();
  a.subscribe('cluster', '*');
  await a.quiet();
  for (const envoy of [b, c]) {
    envoy.subscribe('cluster', '*');
    await envoy.quiet();
  }
  assert.deepEqual([b.received.length, c.received.length], [1, 1]);
  // Small ones do not wait.
  b.subscribe('endpoint', 'unknown');
  await b.whenReceived(1, 'endpoint');
  clock.advance(1_000);
  await b.when(() => b.held('cluster').size === 3000);
  await c.when(() => c.held('cluster').size === 3000);
  assert.equal(a.held('cluster').size, 0);
  assert.equal(server.stats().copyingStreams, 0);
});

test('names that nobody uses any more are forgotten, and their numbers serve others', async () => {
  const { connect, publish } = await startServer();
  const generation = (of: number) =>
    snapshotOf(...Array.from({ length: 3000 }, (_, index) => cluster(`${of}-${index}`)), cluster('stays', of));
  publish({ a: generation(1) });
  const envoy = connect();
  envoy.subscribeAll('cluster');
  await envoy.when(() => envoy.held('cluster').size === 3001);
  for (let of = 2; of < 6; of++) {
    publish({ a: generation(of) });
    await envoy.when(
      () => holds(envoy, cluster('stays', of), cluster(`${of}-2999`)) && envoy.held('cluster').size === 3001,
    );
  }
});

test('a proxy is described by what it wants, has and waits for', async () => {
  const { connect, publish, server } = await startServer();
  publish({ a: snapshotOf(...web()) });
  const node = { id: 'a', cluster: 'c', userAgentName: 'envoy' };
  const envoy = connect({ node, follow: true }).start();
  await envoy.when(() => holds(envoy, ...web()));
  await envoy.quiet();
  const [{ connectedAt, stream, ...rest } = assert.fail()] = server.proxies();
  assert.ok(Date.parse(connectedAt) > 0);
  assert.equal(stream, 1);
  const settled = { acknowledged: 1, pending: 0, rejected: [] };
  assert.deepEqual(rest, {
    proxy: 'a',
    nodeId: 'a',
    userAgent: 'envoy',
    protocol: 'delta',
    aggregated: true,
    behind: 0,
    types: [
      { type: 'cluster', subscribed: 'all', ...settled },
      { type: 'endpoint', subscribed: 1, ...settled },
      { type: 'listener', subscribed: 'all', ...settled },
      { type: 'route', subscribed: 1, ...settled },
    ],
  });
});
