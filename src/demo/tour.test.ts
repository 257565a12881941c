import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTour } from './tour.ts';
import type { Step, TourStage } from './tour-steps.ts';
import { within } from './within.ts';

const nowhere: TourStage = {
  directory: '/nowhere',
  order: async () => [],
  change: async () => assert.fail('no step changes anything'),
  problems: () => [],
};

const step = (title: string, run: Step['run']): Step => ({ title, does: 'something', expects: 'something', run });

async function tell(steps: readonly Step[]) {
  const lines: string[] = [];
  const held = await runTour(nowhere, steps, { print: (line) => lines.push(line), width: 100, color: false });
  return { held, text: lines.join('\n').replaceAll(/[\d.]+ m?s\b/g, '0 ms') };
}

test('a tour in which everything holds is told step by step and summed up', async () => {
  const { held, text } = await tell([step('Works', async () => ({ holds: true, saw: 'it work' }))]);
  assert.equal(held, true);
  assert.equal(
    text,
    `
✓ 1. Works  0 ms
   does     something
   expects  something
   saw      it work

Summary
  ✓ 1. Works
1 of 1 steps went as expected, in 0 ms.
`.trim(),
  );
});

test('a step that breaks off did not hold, and the others are still gone through', async () => {
  const { held, text } = await tell([
    step('Breaks', async () => {
      throw new Error('no such pod');
    }),
    step('Works', async () => ({ holds: true, saw: 'it work' })),
  ]);
  assert.equal(held, false);
  assert.match(text, /✗ 1\. Breaks[\s\S]*broke off: no such pod[\s\S]*✓ 2\. Works[\s\S]*1 of 2 steps/);
});

test('waiting has an end, and what comes in time comes through', async () => {
  await assert.rejects(within(1, 'the impossible', new Promise(() => {})), /the impossible took longer than 1\.0 ms/);
  assert.equal(await within(60_000, 'the trivial', Promise.resolve(7)), 7);
});
