import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { SendBudget } from './send-budget.ts';

test('who waits gets its turn, in order, when bytes are given back', () => {
  const budget = new SendBudget(100, new ManualClock());
  const giveBack = [budget.take(60), budget.take(60)];
  assert.equal(budget.exhausted, true);
  const turns: string[] = [];
  budget.wait(() => {
    turns.push('first');
    budget.take(60);
  });
  budget.wait(() => turns.push('second'));
  assert.deepEqual(turns, []);
  giveBack[0]?.();
  // The first one used up what was given back.
  assert.deepEqual(turns, ['first']);
  giveBack[0]?.();
  assert.deepEqual(turns, ['first']);
  giveBack[1]?.();
  assert.deepEqual(turns, ['first', 'second']);
});

test('one that does not read stops counting after a second, if somebody waits for it', () => {
  const clock = new ManualClock();
  const budget = new SendBudget(100, clock);
  budget.take(100);
  clock.advance(10_000);
  assert.equal(budget.exhausted, true);
  let turns = 0;
  budget.wait(() => turns++);
  clock.advance(999);
  assert.equal(turns, 0);
  clock.advance(1);
  assert.equal(turns, 1);
  assert.equal(clock.untilNext, undefined);
});

test('one that no longer waits is not called', () => {
  const budget = new SendBudget(100, new ManualClock());
  const giveBack = budget.take(100);
  let turns = 0;
  const turn = () => {
    turns++;
  };
  budget.wait(turn);
  budget.stopWaiting(turn);
  giveBack();
  assert.equal(turns, 0);
});
