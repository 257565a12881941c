import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type ResourceType, resourceTypes } from '../envoy/resource-type.ts';
import { FakeEnvoy } from '../testing/fake-envoy.ts';
import { make, snapshotOf } from '../testing/resources.ts';
import type { ProxyId } from './api.ts';
import { XdsServer } from './server.ts';

const names = ['a', 'b', 'c', 'd'] as const;
const badRevision = 13;

/** Some names of some types, each in some revision. */
const stateOf = (revisions: readonly number[]) =>
  fc.record(
    Object.fromEntries(
      resourceTypes.map((type) => [
        type,
        fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...revisions), { noNullPrototype: true }),
      ]),
    ) as Record<ResourceType, fc.Arbitrary<Record<string, number>>>,
    { noNullPrototype: true },
  );

const type = fc.constantFrom(...resourceTypes);
const someNames = fc.uniqueArray(fc.constantFrom(...names, '*'), { minLength: 1, maxLength: 3 });

const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish'), state: stateOf([1, 2, badRevision]) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('subscribe'), type, names: someNames }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe'), type, names: someNames }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('quiet') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect') }) },
) as fc.Arbitrary<Command>;

type State = Record<ResourceType, Record<string, number>>;
type Command =
  | { readonly do: 'publish'; readonly state: State }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly type: ResourceType; readonly names: string[] }
  | { readonly do: 'hold' | 'release' | 'quiet' | 'reconnect' };

const server = new XdsServer();
let address = '';
let clients = 0;
before(async () => {
  address = `127.0.0.1:${(await server.listen('127.0.0.1:0')).port}`;
});
after(() => server.close());

for (const mode of [
  { variant: 'delta', aggregated: true },
  { variant: 'delta', aggregated: false },
  { variant: 'sotw', aggregated: true },
  { variant: 'sotw', aggregated: false },
] as const) {
  const title = `${mode.variant}, ${mode.aggregated ? 'aggregated' : 'one stream for each type'}`;
  test(`${title}: whatever happens, in the end the client holds what it wants of the snapshot, and no more is said`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 1, maxLength: 25 }),
        stateOf([1, 2, 3]),
        fc.boolean(),
        async (commands, last, blames) => {
          const node = `client-${++clients}`;
          const bad = new Set(
            names.flatMap((name) => resourceTypes.map((of) => encoded(make[of](name, badRevision).bytes))),
          );
          const envoy = new FakeEnvoy({
            ...mode,
            address,
            node,
            reject: (_type, name, bytes) => (bad.has(encoded(bytes)) ? (blames ? `${name}: bad` : 'bad') : undefined),
          });
          const publish = (state: State) =>
            server.publish(new Map([[node as ProxyId, snapshotOf(...resourcesIn(state))]]));
          try {
            for (const step of commands) {
              switch (step.do) {
                case 'publish':
                  publish(step.state);
                  break;
                case 'subscribe':
                  envoy.subscribe(step.type, ...step.names);
                  break;
                case 'unsubscribe':
                  envoy.unsubscribe(step.type, ...step.names);
                  break;
                case 'hold':
                  envoy.holdAcks();
                  break;
                case 'release':
                  envoy.releaseAcks();
                  break;
                case 'quiet':
                  await envoy.quiet();
                  break;
                case 'reconnect':
                  envoy.releaseAcks();
                  await envoy.disconnect();
                  envoy.reconnect();
                  break;
              }
            }
            envoy.releaseAcks();
            publish(last);
            await envoy.quiet();
            for (const of of resourceTypes) {
              const wanted = envoy.wants(of);
              const expected = Object.entries(last[of]).filter(([name]) => wanted.has('*') || wanted.has(name));
              const held = expected.map(([name]) => [name, encoded(envoy.held(of).get(name)?.bytes ?? none)]);
              assert.deepEqual(
                held,
                expected.map(([name, revision]) => [name, encoded(make[of](name, revision).bytes)]),
              );
              // Only state of the world has no way to say that an endpoint, route or secret is gone.
              if (mode.variant === 'delta') assert.equal(envoy.held(of).size, expected.length);
            }
            const responses = envoy.received.length;
            publish(last);
            await envoy.quiet();
            assert.equal(envoy.received.length, responses);
            assert.ok(server.proxies().every(({ proxy, behind }) => proxy !== node || behind === 0));
          } finally {
            envoy.close();
            server.forget(node as ProxyId);
          }
        },
      ),
      { numRuns: Number(process.env['FC_RUNS'] ?? 20) },
    );
  });
}

const none = new Uint8Array();

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const resourcesIn = (state: State) =>
  resourceTypes.flatMap((of) => Object.entries(state[of]).map(([name, revision]) => make[of](name, revision)));
