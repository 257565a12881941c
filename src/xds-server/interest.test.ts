import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Interest } from './interest.ts';
import { NameTable } from './name-table.ts';

type Step =
  | { readonly replace: readonly string[] }
  | { readonly subscribe?: readonly string[]; readonly unsubscribe?: readonly string[] };

/** After the steps: what is wanted, and what the last step asked for and dropped. */
interface Outcome {
  readonly wants: readonly string[];
  readonly asked?: readonly string[];
  readonly dropped?: readonly string[];
}

/** The examples of https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
 *  and what follows from them. */
const cases: Record<string, { readonly steps: readonly Step[]; readonly outcome: Outcome; readonly named?: true }> = {
  'sotw: saying nothing means everything': { steps: [{ replace: [] }], outcome: { wants: ['*'] } },
  'sotw: everything and a name': {
    steps: [{ replace: [] }, { replace: ['*', 'A'] }],
    outcome: { wants: ['*', 'A'], asked: ['A'] },
  },
  'sotw: a name alone ends everything': {
    steps: [{ replace: [] }, { replace: ['*', 'A'] }, { replace: ['A'] }],
    outcome: { wants: ['A'] },
  },
  'sotw: saying nothing after a name means nothing': {
    steps: [{ replace: [] }, { replace: ['*', 'A'] }, { replace: ['A'] }, { replace: [] }],
    outcome: { wants: [], dropped: ['A'] },
  },
  'sotw: a name right after saying nothing ends everything': {
    steps: [{ replace: [] }, { replace: ['A'] }],
    outcome: { wants: ['A'], asked: ['A'] },
  },
  'sotw: only new names are asked for': {
    steps: [{ replace: ['A', 'B'] }, { replace: ['B', 'C', 'C'] }],
    outcome: { wants: ['B', 'C'], asked: ['C'], dropped: ['A'] },
  },
  'sotw: saying nothing means nothing for a type without wildcard': {
    steps: [{ replace: [] }],
    outcome: { wants: [] },
    named: true,
  },
  'delta: saying nothing means everything': { steps: [{}], outcome: { wants: ['*'] } },
  'delta: a name is added to everything': {
    steps: [{}, { subscribe: ['A'] }],
    outcome: { wants: ['*', 'A'], asked: ['A'] },
  },
  'delta: everything ends by its name': {
    steps: [{}, { subscribe: ['A'] }, { unsubscribe: ['*'] }],
    outcome: { wants: ['A'] },
  },
  'delta: the last name ends everything there is': {
    steps: [{}, { subscribe: ['A'] }, { unsubscribe: ['*'] }, { unsubscribe: ['A'] }],
    outcome: { wants: [], dropped: ['A'] },
  },
  'delta: an acknowledgement after all has ended does not begin anew': {
    steps: [{}, { unsubscribe: ['*'] }, {}],
    outcome: { wants: [] },
  },
  'delta: an acknowledgement changes nothing': { steps: [{ subscribe: ['A'] }, {}], outcome: { wants: ['A'] } },
  'delta: a name is asked for again': {
    steps: [{ subscribe: ['A'] }, { subscribe: ['A'] }],
    outcome: { wants: ['A'], asked: ['A'] },
  },
  'delta: unsubscribing from what was never subscribed to is nothing': {
    steps: [{ subscribe: ['A'] }, { unsubscribe: ['B'] }],
    outcome: { wants: ['A'] },
  },
  'delta: a first request that only unsubscribes wants nothing': {
    steps: [{ unsubscribe: ['B'] }],
    outcome: { wants: [] },
  },
  'delta: saying nothing means nothing for a type without wildcard': {
    steps: [{}],
    outcome: { wants: [] },
    named: true,
  },
};

describe('what a client wants', () => {
  for (const [sentence, { steps, outcome, named }] of Object.entries(cases)) {
    test(sentence, () => {
      const table = new NameTable();
      const interest = new Interest(named !== true);
      const idOf = (name: string) => table.idOf(name);
      const changes = steps.map((step) =>
        'replace' in step
          ? interest.replace(step.replace, idOf)
          : interest.adjust(step.subscribe ?? [], step.unsubscribe ?? [], idOf),
      );
      const namesOf = (ids: Iterable<number>) => Array.from(ids, (id) => table.nameOf(id));
      assert.deepEqual([...(interest.wildcard ? ['*'] : []), ...namesOf(interest.names)], outcome.wants);
      assert.deepEqual(namesOf(changes.at(-1)?.asked ?? []), outcome.asked ?? []);
      assert.deepEqual(namesOf(changes.at(-1)?.dropped ?? []), outcome.dropped ?? []);
    });
  }
});
