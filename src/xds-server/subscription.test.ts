import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Resource } from '../snapshot/resource.ts';
import { cluster } from '../testing/resources.ts';
import { NameTable } from './name-table.ts';
import { type Gates, respond, type Style } from './respond.ts';
import { Subscribers } from './subscribers.ts';
import { Subscription } from './subscription.ts';

const open: Gates = { heldBack: () => false, mayRemove: () => true };

/** A subscription, what its proxy is to have, and a client that answers by hand. Revisions by name, as `{ a: 1 }`. */
function begin(style: Style, state: Readonly<Record<string, number>>) {
  const names = new NameTable();
  const subscribers = new Subscribers();
  const made = (targets: Readonly<Record<string, number>>) =>
    new Map(Object.entries(targets).map(([name, revision]) => [name, cluster(name, revision)]));
  let targets: ReadonlyMap<string, Resource> = made(state);
  const subscription = new Subscription(
    style,
    {
      names,
      subscribers,
      slot: 1,
      target: (id) => targets.get(names.nameOf(id)),
      own: () => false,
      targets: () => targets.values(),
    },
    true,
  );
  let nonce = 0;
  return {
    subscription,
    subscribe: (...subscribe: string[]) =>
      subscription.ask({ variant: 'delta', subscribe, unsubscribe: [], initialVersions: [] }),
    unsubscribe: (...unsubscribe: string[]) =>
      subscription.ask({ variant: 'delta', subscribe: [], unsubscribe, initialVersions: [] }),
    replace: (...wanted: string[]) => subscription.ask({ variant: 'sotw', names: wanted, versionInfo: '' }),
    recall: (versions: Readonly<Record<string, string>>) =>
      subscription.ask({
        variant: 'delta',
        subscribe: Object.keys(versions),
        unsubscribe: [],
        initialVersions: Object.entries(versions),
      }),
    publish: (next: Readonly<Record<string, number>>) => {
      const before = targets;
      targets = made(next);
      for (const name of new Set([...before.keys(), ...targets.keys()])) {
        const [old, now] = [before.get(name), targets.get(name)];
        const id = names.idOf(name);
        if (old?.version !== now?.version && subscription.interest.includes(id)) subscription.change(id, old, now);
      }
    },
    /** The next response, sent: `a@1 -b`, or undefined when there is nothing to say. */
    say: (gates: Gates = open): string | undefined => {
      const { reply, unneeded } = respond(subscription, gates);
      subscription.drop(unneeded);
      if (reply === undefined) return undefined;
      subscription.sent(String(++nonce), reply.batch);
      const revision = ({ name, version }: Resource) =>
        [1, 2, 3, 4].find((candidate) => cluster(name, candidate).version === version);
      return [
        ...reply.resources.map((resource) => `${resource.name}@${revision(resource)}`),
        ...reply.removed.map((name) => `-${name}`),
      ].join(' ');
    },
    held: () => Array.from(subscription.held, (id) => names.nameOf(id)).join(' '),
    visited: (name: string) => {
      const slots: number[] = [];
      subscribers.visit(names.find(name), (slot) => slots.push(slot));
      return slots;
    },
  };
}

describe('a refused response', () => {
  test('has its removals said again without the resources', () => {
    const client = begin('delta', { a: 1, b: 1, c: 1 });
    client.subscribe('*');
    assert.equal(client.say(), 'a@1 b@1 c@1');
    client.subscription.acknowledge();
    client.publish({ a: 2, b: 2 });
    assert.equal(client.say(), 'a@2 b@2 -c');
    assert.deepEqual(client.subscription.reject('cluster b: no'), { found: 'suspects' });
    assert.equal(client.say(), 'a@2');
    client.subscription.acknowledge();
    assert.equal(client.say(), 'b@2');
    assert.equal(client.subscription.reject('cluster b: no').found, 'guilty');
    assert.equal(client.held(), 'a b c');
    assert.equal(client.say(), '-c');
    client.subscription.acknowledge();
    assert.equal(client.held(), 'a b');
    assert.equal(client.say(), undefined);
    assert.equal(client.subscription.busy, false);
  });

  test('of removals alone is not said again', () => {
    const client = begin('delta', { a: 1 });
    client.subscribe('*');
    client.say();
    client.subscription.acknowledge();
    client.publish({});
    assert.equal(client.say(), '-a');
    assert.deepEqual(client.subscription.reject('I want to keep it'), { found: 'nothing' });
    assert.equal(client.say(), undefined);
  });

  test('does not bring under suspicion what has changed since, nor hold on to a suspect that changes', () => {
    const client = begin('delta', { a: 1, b: 1, c: 1 });
    client.subscribe('a', 'b', 'c');
    assert.equal(client.say(), 'a@1 b@1 c@1');
    client.publish({ a: 2, b: 1, c: 1 });
    client.subscription.reject('something is wrong');
    // b and c are tried one by one; then comes a, which is another than was refused.
    assert.equal(client.say(), 'b@1');
    client.publish({ a: 2, b: 1, c: 2 });
    client.subscription.acknowledge();
    assert.equal(client.say(), 'a@2 c@2');
    client.subscription.acknowledge();
    assert.equal(client.say(), undefined);
  });

  test('in whole states leaves the suspects as they were until it is their turn', () => {
    const client = begin('whole', { a: 1, b: 1, c: 1 });
    client.replace();
    assert.equal(client.say(), 'a@1 b@1 c@1');
    client.subscription.acknowledge();
    client.publish({ a: 2, b: 2, c: 2, d: 2 });
    assert.equal(client.say(), 'a@2 b@2 c@2 d@2');
    client.subscription.reject('c: no');
    assert.equal(client.say(), 'a@2 b@2 c@1 d@2');
    client.subscription.acknowledge();
    assert.equal(client.say(), 'a@2 b@2 c@2 d@2');
    client.subscription.reject('c: no');
    assert.equal(client.say(), undefined);
    client.publish({ a: 3, b: 2, c: 2, d: 2 });
    assert.equal(client.say(), 'a@3 b@2 c@1 d@2');
  });

  test('of what the client had in a version unknown to us never takes that away', () => {
    const client = begin('delta', { a: 1 });
    client.recall({ a: 'of another time' });
    assert.equal(client.say(), 'a@1');
    assert.equal(client.subscription.reject('a: no').found, 'guilty');
    client.subscribe('a');
    assert.equal(client.say(), undefined);
    client.publish({ a: 2 });
    assert.equal(client.say(), 'a@2');
  });
});

describe('one who no longer wants everything', () => {
  test('is told no more of what it has not named', () => {
    const client = begin('delta', { a: 1, b: 1 });
    client.subscribe('*', 'a');
    client.say();
    client.subscription.acknowledge();
    client.publish({ a: 2, b: 2 });
    client.unsubscribe('*');
    assert.equal(client.held(), 'a');
    assert.equal(client.say(), 'a@2');
    assert.deepEqual([client.visited('a'), client.visited('b')], [[1], []]);
  });

  test('and drops what was on its way to it is not taken to hold it', () => {
    const client = begin('delta', { a: 1, b: 1 });
    client.subscribe('a', 'b');
    client.say();
    client.unsubscribe('b');
    client.subscription.acknowledge();
    assert.equal(client.held(), 'a');
    client.subscription.end();
    assert.deepEqual(client.visited('a'), []);
  });
});

describe('what has to wait', () => {
  test('stays due, and what need not wait goes on', () => {
    const client = begin('delta', { a: 1, b: 1, c: 1 });
    client.subscribe('*');
    client.say();
    client.subscription.acknowledge();
    client.publish({ a: 2, b: 2 });
    const gates: Gates = { heldBack: ({ name }) => name === 'a', mayRemove: () => false };
    assert.equal(client.say(gates), 'b@2');
    client.subscription.acknowledge();
    assert.equal(client.say(gates), undefined);
    assert.equal(client.subscription.busy, true);
    assert.equal(client.say(), 'a@2 -c');
  });

  test('stays as it was in a whole state', () => {
    const client = begin('whole', { a: 1, b: 1, c: 1 });
    client.replace();
    client.say();
    client.subscription.acknowledge();
    client.publish({ a: 2, b: 2, d: 1 });
    const gates: Gates = { heldBack: ({ name }) => name === 'a' || name === 'd', mayRemove: () => false };
    assert.equal(client.say(gates), 'a@1 b@2 c@1');
    client.subscription.acknowledge();
    assert.equal(client.say(gates), undefined);
    assert.equal(client.say(), 'a@2 b@2 d@1');
  });
});

test('in partial states a resource that is gone cannot be told, but is no longer counted as held', () => {
  const client = begin('part', { a: 1 });
  client.replace('a');
  assert.equal(client.say(), 'a@1');
  client.subscription.acknowledge();
  client.publish({});
  assert.equal(client.say(), undefined);
  assert.equal(client.held(), '');
  client.publish({ a: 1 });
  assert.equal(client.say(), 'a@1');
});
