import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { namespacedName } from '../objects/object-ref.ts';
import { StateStore } from './state-store.ts';

const account = (name: string, label: string): ObjectChange => ({
  kind: 'ServiceAccount',
  key: namespacedName('ns', name),
  object: {
    meta: {
      namespace: 'ns',
      name,
      creationTimestamp: undefined,
      labels: { label },
      annotations: {},
    },
  },
});

const removal = (name: string): ObjectChange => ({
  kind: 'ServiceAccount',
  key: namespacedName('ns', name),
  object: undefined,
});

const problem = (name: string): Diagnostic => ({
  severity: 'error',
  reason: 'InvalidObject',
  object: { group: '', kind: 'ServiceAccount', namespace: 'ns', name },
  field: '',
  message: 'is wrong',
});

function published(store: StateStore) {
  const update = store.publish();
  assert.ok(update !== undefined);
  return update;
}

test('the first publication is given even when there is nothing in it', () => {
  const store = new StateStore();
  assert.deepEqual(published(store).changes, []);
  assert.equal(store.publish(), undefined);
});

test('of several changes to one object only the last counts, and the time is that of the first', () => {
  const store = new StateStore();
  store.stage(account('a', '1'), 10);
  store.stage(account('a', '2'), 20);
  const { state, changes, noticedAt } = published(store);
  assert.equal(changes.length, 1);
  assert.equal([...state.ServiceAccount.values()][0]?.meta.labels['label'], '2');
  assert.equal(noticedAt, 10);
});

test('an object that comes and goes between two publications is not mentioned', () => {
  const store = new StateStore();
  published(store);
  store.stage(account('a', '1'), 1);
  store.stage(removal('a'), 2);
  assert.equal(store.publish(), undefined);
});

test('an object that says the same again is the same object, and nothing is published', () => {
  const store = new StateStore();
  store.stage(account('a', '1'), 1);
  const { state } = published(store);
  store.stage(account('a', '1'), 2);
  assert.equal(store.publish(), undefined);
  assert.equal(store.state, state);
});

test('a change that is taken back before it was published is none', () => {
  const store = new StateStore();
  const first = account('a', '1');
  store.stage(first, 1);
  published(store);
  store.stage(account('a', '2'), 2);
  store.stage(account('a', '1'), 3);
  assert.equal(store.publish(), undefined);
});

test('kinds without a change keep their map', () => {
  const store = new StateStore();
  const before = published(store).state;
  store.stage(account('a', '1'), 1);
  const { state } = published(store);
  assert.equal(state.Service, before.Service);
  assert.notEqual(state.ServiceAccount, before.ServiceAccount);
});

test('problems are given in order, published when they change, and taken back by name', () => {
  const store = new StateStore();
  published(store);
  store.report('two', [problem('b')], 1);
  store.report('one', [problem('a')], 1);
  assert.deepEqual(published(store).state.problems, [problem('a'), problem('b')]);
  store.report('one', [problem('a')], 2);
  assert.equal(store.publish(), undefined);
  store.report('one', [], 3);
  assert.deepEqual(published(store).state.problems, [problem('b')]);
});
