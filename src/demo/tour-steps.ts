/** What the tour does with the example, what it expects of it, and what it saw. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NamespacedName, namespacedName } from '../objects/object-ref.ts';
import { type CallReport, type Outcome, outcomeOf } from './call.ts';
import { judgeSplit } from './statistics.ts';
import type { ChangeView } from './view.ts';
import { milliseconds } from './words.ts';

/** What the tour needs of the running example. */
export interface TourStage {
  readonly directory: string;
  /** Lets a pod make one of its calls some times. */
  order(pod: NamespacedName, call: string, times: number): Promise<readonly CallReport[]>;
  /** Makes a change to the directory; resolves when every sidecar that it concerns has acknowledged it. */
  change(edit: () => Promise<void>): Promise<ChangeView>;
  /** What is wrong with the YAML at the moment. */
  problems(): readonly string[];
}

export interface Step {
  readonly title: string;
  readonly does: string;
  readonly expects: string;
  run(stage: TourStage): Promise<Observation>;
}

export interface Observation {
  readonly holds: boolean;
  readonly saw: string;
}

/** What is replaced by what. */
type Replacement = readonly [string, string];

const reverse = ([from, to]: Replacement): Replacement => [to, from];

const misspelling: Replacement = ['  backends:', '  backend:'];
const openBracket: Replacement = ['service: bookstore-v1', 'service: [bookstore-v1'];
const chance = 'chi-square test, one false alarm in a million';
const pod = (name: string): NamespacedName => namespacedName('bookstore', name);

export const tourSteps: readonly Step[] = [
  {
    title: 'A canary takes its share',
    does: '600 × GET bookstore/books by the bookbuyer, as split-canary.yaml stands',
    expects: `bookstore-v1 90%, bookstore-v2 10% (${chance})`,
    run: async (stage) => splitSeen(await stage.order(pod('bookbuyer'), 'browse', 600), 90, 10),
  },
  {
    title: 'The weights are shifted under load',
    does: 'split-canary.yaml: 90/10 becomes 50/50 while 600 requests are on their way; then 600 more',
    expects: `no request fails; after the last ACK 50% and 50% (${chance})`,
    run: async (stage) => {
      const [during, change] = await Promise.all([
        stage.order(pod('bookbuyer'), 'browse', 600),
        stage.change(() =>
          replace(stage, 'split-canary.yaml', [
            ['weight: 90', 'weight: 50'],
            ['weight: 10', 'weight: 50'],
          ]),
        ),
      ]);
      const after = await stage.order(pod('bookbuyer'), 'browse', 600);
      return together(changed(change), allAre('answered', during), splitSeen(after, 50, 50));
    },
  },
  {
    title: 'Beta readers are told by a header',
    does: '200 × GET bookstore/books with x-reader: beta, by the bookbuyer (split-beta-readers.yaml)',
    expects: 'all 200 by bookstore-v2, whatever the canary says',
    run: async (stage) => splitSeen(await stage.order(pod('bookbuyer'), 'browse as beta', 200), 0, 1),
  },
  {
    title: 'A caller without any grant is denied',
    does: '50 × GET bookstore/books by the bookthief, whom no TrafficTarget names',
    expects: '50 × 403 with a reason in x-smi-envoy-denied',
    run: async (stage) => allAre('denied', await stage.order(pod('bookthief'), 'steal', 50)),
  },
  {
    title: 'A caller is denied what it is not granted',
    does: '50 × GET bookstore/till by the bookbuyer, who may only browse and buy',
    expects: '50 × 403 from the bookstore’s own sidecar, with a reason in x-smi-envoy-denied',
    run: async (stage) => allAre('denied', await stage.order(pod('bookbuyer'), 'open the till', 50)),
  },
  {
    title: 'A TrafficTarget lets a caller in',
    does: 'access-bookthief.yaml: the comment marks are taken off; then 50 × GET bookstore/books by the bookthief',
    expects: '50 answers',
    run: async (stage) => {
      const change = await stage.change(() => rewrite(stage, 'access-bookthief.yaml', uncomment));
      return together(changed(change), allAre('answered', await stage.order(pod('bookthief'), 'steal', 50)));
    },
  },
  {
    title: 'Without it, the caller is out again',
    does: 'access-bookthief.yaml: the comment marks are put back; then 50 × GET bookstore/books by the bookthief',
    expects: '50 × 403',
    run: async (stage) => {
      const change = await stage.change(() => rewrite(stage, 'access-bookthief.yaml', comment));
      return together(changed(change), allAre('denied', await stage.order(pod('bookthief'), 'steal', 50)));
    },
  },
  {
    title: 'TCP is for those who may',
    does: '30 connections to orders-db by the bookwarehouse, and 30 by the bookthief',
    expects: '30 answers for the bookwarehouse; for the bookthief 30 closed connections and not a byte of the greeting',
    run: async (stage) =>
      together(
        allAre('answered', await stage.order(pod('bookwarehouse'), 'record an order', 30)),
        allAre('closed', await stage.order(pod('bookthief'), 'read orders', 30)),
      ),
  },
  {
    title: 'TCP access is taken away and given back',
    does: 'access-warehouse.yaml: the grant for orders-db is removed, 30 connections by the bookwarehouse; restored, 30 more',
    expects: '30 closed without a byte, then 30 answers',
    run: async (stage) => {
      const file = 'access-warehouse.yaml';
      const original = await readFile(join(stage.directory, file), 'utf8');
      const removed = await stage.change(() =>
        rewrite(stage, file, (yaml) => yaml.slice(0, yaml.indexOf('\n---\n') + 1)),
      );
      const without = await stage.order(pod('bookwarehouse'), 'record an order', 30);
      const restored = await stage.change(() => rewrite(stage, file, () => original));
      const again = await stage.order(pod('bookwarehouse'), 'record an order', 30);
      return together(changed(removed), allAre('closed', without), changed(restored), allAre('answered', again));
    },
  },
  {
    title: 'A request goes all the way through the mesh',
    does: '30 × POST bookstore/books/buy: bookbuyer → bookstore → bookwarehouse → orders-db',
    expects: '30 answers, which three sidecars on the way had to allow',
    run: async (stage) => allAre('answered', await stage.order(pod('bookbuyer'), 'buy', 30)),
  },
  {
    title: 'A broken object is reported and harms nobody',
    does: 'split-canary.yaml: `backends` is misspelt while 600 requests are on their way; then 600 more',
    expects: `file, line, field and reason; no request fails; still 50% and 50% (${chance})`,
    run: (stage) =>
      breaks(stage, misspelling, /^split-canary\.yaml:\d+: TrafficSplit bookstore\/canary: spec\.backends: ./),
  },
  {
    title: 'So is a file that is not even YAML',
    does: 'split-canary.yaml: a bracket is left open while 600 requests are on their way; then 600 more',
    expects: `file, line and reason; no request fails; still 50% and 50% (${chance})`,
    run: (stage) => breaks(stage, openBracket, /^split-canary\.yaml:\d+: .*\(InvalidYaml\)$/),
  },
  {
    title: 'The repaired file counts at once',
    does: 'split-canary.yaml: repaired, everything to bookstore-v2, while 600 requests are on their way; then 200 more',
    expects: 'no problem is left; no request fails; all 200 by bookstore-v2',
    run: async (stage) => {
      const [during, change] = await Promise.all([
        stage.order(pod('bookbuyer'), 'browse', 600),
        stage.change(() =>
          replace(stage, 'split-canary.yaml', [
            reverse(openBracket),
            reverse(misspelling),
            ['weight: 50', 'weight: 0'],
            ['weight: 50', 'weight: 100'],
          ]),
        ),
      ]);
      const problems = stage.problems();
      const after = await stage.order(pod('bookbuyer'), 'browse', 200);
      const clean = {
        holds: problems.length === 0,
        saw: problems.length === 0 ? 'no problem left' : problems.join('; '),
      };
      return together(changed(change), clean, allAre('answered', during), splitSeen(after, 0, 1));
    },
  },
];

/** Breaks the canary's file under load: it must be reported so, and nothing must come of it. */
async function breaks(stage: TourStage, mistake: Replacement, report: RegExp): Promise<Observation> {
  const [during, change] = await Promise.all([
    stage.order(pod('bookbuyer'), 'browse', 600),
    stage.change(() => replace(stage, 'split-canary.yaml', [mistake])),
  ]);
  const problems = stage.problems();
  const after = await stage.order(pod('bookbuyer'), 'browse', 600);
  const told = {
    holds: problems.some((problem) => report.test(problem)),
    saw: problems.length === 0 ? 'no problem was reported' : `“${problems.join('”, “')}”`,
  };
  const harmless = { holds: change.resources === 0, saw: `${change.resources} resources changed` };
  return together(told, harmless, allAre('answered', during), splitSeen(after, 50, 50));
}

async function rewrite(stage: TourStage, file: string, edit: (yaml: string) => string): Promise<void> {
  const path = join(stage.directory, file);
  const before = await readFile(path, 'utf8');
  const after = edit(before);
  if (after === before) throw new Error(`${file} is not as the tour expects it: the edit changes nothing`);
  // In one step, as editors do: nobody ever reads half a file.
  await writeFile(`${path}.new`, after);
  await rename(`${path}.new`, path);
}

const replace = (stage: TourStage, file: string, replacements: readonly Replacement[]): Promise<void> =>
  rewrite(stage, file, (yaml) => replacements.reduce((text, [from, to]) => text.replace(from, to), yaml));

/** Prose is behind two marks in `access-bookthief.yaml`, so that taking one off leaves it a comment. */
const uncomment = (yaml: string): string => yaml.replaceAll(/^# /gm, '');

const comment = (yaml: string): string => yaml.replaceAll(/^(?=[^#\n])/gm, '# ');

function splitSeen(calls: readonly CallReport[], v1: number, v2: number): Observation {
  const count = (by: string) => calls.filter((call) => call.by === by && outcomeOf(call) === 'answered').length;
  const shares = [
    { weight: v1, count: count('bookstore-v1') },
    { weight: v2, count: count('bookstore-v2') },
  ];
  const { fits, chiSquare, limit } = judgeSplit(shares);
  const all = calls.length === count('bookstore-v1') + count('bookstore-v2');
  const others = all ? '' : `, others ${describeOutcomes(calls)}`;
  const verdict = limit === 0 ? '' : ` (chi-square ${chiSquare.toFixed(2)}, limit ${limit})`;
  return {
    holds: fits && all,
    saw: `bookstore-v1 ${count('bookstore-v1')}, bookstore-v2 ${count('bookstore-v2')}${verdict}${others}`,
  };
}

const allAre = (outcome: Outcome, calls: readonly CallReport[]): Observation => ({
  holds: calls.length > 0 && calls.every((call) => outcomeOf(call) === outcome),
  saw: describeOutcomes(calls),
});

/** `48 × answered, 2 × failed (503 no healthy upstream)` */
function describeOutcomes(calls: readonly CallReport[]): string {
  const kinds = Map.groupBy(calls, (call) => {
    const why = call.denied ?? call.error;
    return `${outcomeOf(call)}${why === undefined ? '' : ` (${[call.status, why].filter((part) => part !== undefined).join(' ')})`}`;
  });
  return [...kinds].map(([kind, { length }]) => `${length} × ${kind}`).join(', ') || 'nothing';
}

const changed = ({ resources, ms }: ChangeView): Observation => ({
  holds: resources > 0 && ms !== undefined,
  saw: `${milliseconds(ms ?? Number.NaN)} from file to last ACK`,
});

const together = (...observations: readonly Observation[]): Observation => ({
  holds: observations.every(({ holds }) => holds),
  saw: observations.map(({ saw }) => saw).join('; '),
});
