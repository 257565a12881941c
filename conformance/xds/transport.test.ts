/**
 * The cases of the public xDS transport conformance suite, against our server in all four variants of the protocol.
 * https://github.com/ii/xds-test-harness/tree/main/features
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ResourceType, resourceTypes, resourceTypeTable } from '../../src/envoy/resource-type.ts';
import type { Resource } from '../../src/snapshot/resource.ts';
import { FakeEnvoy } from '../../src/testing/fake-envoy.ts';
import { make, snapshotOf } from '../../src/testing/resources.ts';
import type { ProxyId } from '../../src/xds-server/api.ts';
import { XdsServer } from '../../src/xds-server/server.ts';

const variants = [
  { variant: 'sotw', aggregated: true },
  { variant: 'sotw', aggregated: false },
  { variant: 'delta', aggregated: true },
  { variant: 'delta', aggregated: false },
] as const;

const server = new XdsServer();
let address = '';
let clients = 0;
const open: FakeEnvoy[] = [];

before(async () => {
  const { port } = await server.listen('127.0.0.1:0');
  address = `127.0.0.1:${port}`;
});
after(async () => {
  for (const client of open) client.close();
  await server.close();
});

for (const mode of variants) {
  /** Resources by name and revision, as `{ A: 1, B: 2 }`. */
  type State = Readonly<Record<string, number>>;
  const connect = (type: ResourceType, state: State) => {
    const node = `client-${++clients}`;
    const client = new FakeEnvoy({ ...mode, address, node });
    open.push(client);
    let previous = new Map<string, Resource>();
    const publish = (...states: readonly (readonly [ResourceType, State])[]) => {
      const resources = states.flatMap(([of, names]) =>
        Object.entries(names).map(([name, revision]) => {
          const made = make[of](name, revision);
          const old = previous.get(`${of} ${name}`);
          return old?.version === made.version ? old : made;
        }),
      );
      previous = new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
      server.publish(new Map([[node as ProxyId, snapshotOf(...resources)]]));
    };
    publish([type, state]);
    /** What came, response by response: names given, and `-name` for those removed. */
    const heard = (of: ResourceType = type) =>
      client.received
        .filter((response) => response.type === of)
        .map(({ resources, removed }) => [...resources.keys(), ...removed.map((name) => `-${name}`)].sort().join(' '));
    /** The revisions that the client holds. */
    const holds = (of: ResourceType, state: State) =>
      Object.entries(state).every(
        ([name, revision]) =>
          Buffer.compare(client.held(of).get(name)?.bytes ?? Buffer.alloc(0), make[of](name, revision).bytes) === 0,
      ) && client.held(of).size === Object.keys(state).length;
    const received = async (of: ResourceType, state: State) => {
      await client.when(() => holds(of, state));
      await client.quiet();
      assert.equal(holds(of, state), true);
    };
    return { client, publish, heard, received };
  };
  const delta = mode.variant === 'delta';

  describe(`${mode.variant}, ${mode.aggregated ? 'aggregated' : 'one stream for each type'}`, () => {
    for (const type of resourceTypes) {
      const whole = !delta && resourceTypeTable[type].wildcard;

      if (resourceTypeTable[type].wildcard) {
        for (const [way, subscribeAll] of [
          ['by saying nothing', (client: FakeEnvoy) => client.subscribeAll(type)],
          ['by the name *', (client: FakeEnvoy) => client.subscribe(type, '*')],
        ] as const) {
          test(`a wildcard subscription ${way} gets every ${type}`, async () => {
            const { client, heard, received } = connect(type, { A: 1, B: 1, C: 1 });
            subscribeAll(client);
            await received(type, { A: 1, B: 1, C: 1 });
            assert.deepEqual(heard(), ['A B C']);
          });
        }

        test(`a wildcard subscription gets a ${type} that is updated`, async () => {
          const { client, publish, heard, received } = connect(type, { A: 1, B: 1, C: 1 });
          client.subscribeAll(type);
          await received(type, { A: 1, B: 1, C: 1 });
          publish([type, { A: 2, B: 1, C: 1 }]);
          await received(type, { A: 2, B: 1, C: 1 });
          assert.deepEqual(heard(), ['A B C', whole ? 'A B C' : 'A']);
        });

        test(`a wildcard subscription gets a ${type} that is added`, async () => {
          const { client, publish, heard, received } = connect(type, { A: 1, B: 1, C: 1 });
          client.subscribeAll(type);
          await received(type, { A: 1, B: 1, C: 1 });
          publish([type, { A: 1, B: 1, C: 1, D: 1 }]);
          await received(type, { A: 1, B: 1, C: 1, D: 1 });
          assert.deepEqual(heard(), ['A B C', whole ? 'A B C D' : 'D']);
        });

        test(`a wildcard subscription is told of a ${type} that is removed`, async () => {
          const { client, publish, heard, received } = connect(type, { A: 1, B: 1, C: 1 });
          client.subscribeAll(type);
          await received(type, { A: 1, B: 1, C: 1 });
          publish([type, { A: 1, C: 1 }]);
          await received(type, { A: 1, C: 1 });
          assert.deepEqual(heard(), ['A B C', whole ? 'A C' : '-B']);
        });

        test(`a wildcard subscription to nothing is answered, and hears of the first ${type}`, async () => {
          const { client, publish, heard, received } = connect(type, {});
          client.subscribeAll(type);
          await client.whenReceived(1);
          publish([type, { A: 1 }]);
          await received(type, { A: 1 });
          assert.deepEqual(heard(), ['', 'A']);
        });
      }

      test(`a subscription to names gets no other ${type}`, async () => {
        const { client, heard, received } = connect(type, { A: 1, B: 1, C: 1, D: 1 });
        client.subscribe(type, 'B', 'D');
        await received(type, { B: 1, D: 1 });
        assert.deepEqual(heard(), ['B D']);
      });

      test(`a ${type} that was subscribed to comes again when it changes, and another does not`, async () => {
        const { client, publish, heard, received } = connect(type, { A: 1, B: 1, C: 1, D: 1 });
        client.subscribe(type, 'B', 'D');
        await received(type, { B: 1, D: 1 });
        publish([type, { A: 1, B: 2, C: 2, D: 1 }]);
        await received(type, { B: 2, D: 1 });
        publish([type, { A: 2, B: 2, C: 2, D: 1 }]);
        await client.quiet();
        assert.deepEqual(heard(), ['B D', whole ? 'B D' : 'B']);
      });

      test(`a ${type} that does not exist comes when it is created`, async () => {
        const { client, publish, heard, received } = connect(type, { A: 1, B: 1 });
        client.subscribe(type, 'A', 'Z');
        await received(type, { A: 1 });
        publish([type, { A: 1, B: 1, Z: 1 }]);
        await received(type, { A: 1, Z: 1 });
        assert.deepEqual(heard(), [delta ? '-Z A' : 'A', whole ? 'A Z' : 'Z']);
      });

      test(`a ${type} can be subscribed to after another`, async () => {
        const { client, heard, received } = connect(type, { A: 1, B: 1, C: 1 });
        client.subscribe(type, 'A');
        await received(type, { A: 1 });
        client.subscribe(type, 'B');
        await received(type, { A: 1, B: 1 });
        assert.deepEqual(heard(), ['A', whole ? 'A B' : 'B']);
      });

      test(`a ${type} that was unsubscribed from comes no more`, async () => {
        const { client, publish, heard, received } = connect(type, { A: 1, B: 1, C: 1 });
        client.subscribe(type, 'A', 'B');
        await received(type, { A: 1, B: 1 });
        client.unsubscribe(type, 'B');
        await client.quiet();
        publish([type, { A: 1, B: 2, C: 1 }]);
        await client.quiet();
        publish([type, { A: 2, B: 2, C: 1 }]);
        await received(type, { A: 2 });
        assert.deepEqual(heard(), ['A B', 'A']);
      });

      test(`one who unsubscribed from every ${type} hears nothing more`, async () => {
        const { client, publish, heard, received } = connect(type, { A: 1, B: 1 });
        client.subscribe(type, 'A', 'B');
        await received(type, { A: 1, B: 1 });
        client.unsubscribe(type, 'A', 'B');
        await client.quiet();
        publish([type, { A: 2, B: 2, C: 2 }]);
        await client.quiet();
        assert.deepEqual(heard(), ['A B']);
      });

      test(`publishing the same once more sends no ${type}`, async () => {
        const { client, publish, heard, received } = connect(type, { A: 1, B: 1 });
        client.subscribe(type, 'A', 'B');
        await received(type, { A: 1, B: 1 });
        publish([type, { A: 1, B: 1 }]);
        await client.quiet();
        assert.deepEqual(heard(), ['A B']);
      });

      if (delta) {
        test(`a ${type} that is removed and comes back is told both times`, async () => {
          const { client, publish, heard, received } = connect(type, { A: 1, B: 1 });
          client.subscribe(type, 'A', 'B');
          await received(type, { A: 1, B: 1 });
          publish([type, { A: 1 }]);
          await received(type, { A: 1 });
          publish([type, { A: 1, B: 2 }]);
          await received(type, { A: 1, B: 2 });
          assert.deepEqual(heard(), ['A B', '-B', 'B']);
        });

        test(`each ${type} of a response has its own version, and each response its own nonce`, async () => {
          const { client, publish, received } = connect(type, { A: 1, B: 1 });
          client.subscribe(type, 'A', 'B');
          await received(type, { A: 1, B: 1 });
          publish([type, { A: 2, B: 1 }]);
          await received(type, { A: 2, B: 1 });
          const [first, second] = client.received;
          assert.notEqual(first?.nonce, second?.nonce);
          assert.notEqual(first?.resources.get('A')?.version, first?.resources.get('B')?.version);
          assert.notEqual(first?.resources.get('A')?.version, second?.resources.get('A')?.version);
        });
      }
    }

    test('two types can be subscribed to side by side', async () => {
      const { client, publish, heard, received } = connect('cluster', { A: 1, B: 1, C: 1 });
      publish(['cluster', { A: 1, B: 1, C: 1 }], ['listener', { A: 1, B: 1, C: 1 }]);
      client.subscribe('cluster', 'B');
      await received('cluster', { B: 1 });
      client.subscribe('listener', 'B');
      await received('listener', { B: 1 });
      publish(['cluster', { A: 1, B: 2, C: 1 }], ['listener', { A: 1, B: 1, C: 1 }]);
      await received('cluster', { B: 2 });
      assert.deepEqual(heard('cluster'), ['B', 'B']);
      assert.deepEqual(heard('listener'), ['B']);
    });
  });
}
