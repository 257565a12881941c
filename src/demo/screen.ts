/** What the terminal shows, as lines. Pure: everything it says is in the view. */
import type { CallRow } from './call-rows.ts';
import type { DenialView } from './denials.ts';
import type { SplitShare, SplitView } from './splits.ts';
import { fit, type Line, type Look, paint, span, wrap } from './style.ts';
import type { ChangeView, View } from './view.ts';
import { describeCost, describeTiming, milliseconds, percent, plural } from './words.ts';

export interface ScreenOptions {
  readonly width: number;
  /** Lines there is room for; all of them when not given. */
  readonly height?: number;
  readonly color: boolean;
}

export function render(
  view: View,
  { width, height = Number.POSITIVE_INFINITY, color }: ScreenOptions,
): readonly string[] {
  const traffic: readonly Line[] = [
    ...header(view, width),
    ...callTable(view.calls, width),
    ...splitTable(view.splits, width),
    ...denialList(view.denials, width),
  ];
  // What just happened is what people look for: it has its room before the rest.
  const news: readonly Line[] = [
    ...lastChange(view.lastChange, width),
    ...list('Problems', 'bad', '✗ ', view.problems, width),
    ...list('Trouble with processes', 'note', '! ', view.troubles, width),
    [],
    [span(`Edit the YAML in ${view.directory} and save. Ctrl-C ends everything.`, 'faint')],
  ];
  const lines = [...cut(traffic, Math.max(1, height - news.length)), ...news].slice(0, height);
  return lines.map((line) => paint(line, width, color));
}

function cut(lines: readonly Line[], height: number): readonly Line[] {
  if (lines.length <= height) return lines;
  const hidden = lines.length - height + 1;
  return [...lines.slice(0, height - 1), [span(`… ${plural(hidden, 'more line')} in a taller window`, 'faint')]];
}

function header({ directory, sidecars, upFor }: View, width: number): readonly Line[] {
  const left: Line = [span('smi-envoy', 'strong'), span(`  ${directory}`, 'faint')];
  const state =
    sidecars.upToDate === sidecars.total
      ? span(`${sidecars.total} sidecars, all up to date`, 'good')
      : span(`${sidecars.upToDate} of ${sidecars.total} sidecars up to date`, 'note');
  const right: Line = [state, span(`  ${clockOf(upFor)}`, 'faint')];
  const gap = ' '.repeat(Math.max(2, width - lengthOf(left) - lengthOf(right)));
  return [[...left, span(gap), ...right]];
}

const heading = (title: string, rest: Line = []): readonly Line[] => [[], [span(title, 'strong'), ...rest]];

const outcomeColumns = [
  { outcome: 'answered', title: 'ok', look: 'good' },
  { outcome: 'denied', title: 'denied', look: 'note' },
  { outcome: 'closed', title: 'closed', look: 'note' },
  { outcome: 'failed', title: 'failed', look: 'bad' },
] as const;

function callTable(rows: readonly CallRow[], width: number): readonly Line[] {
  const title = 'Who calls whom, last 10 s';
  if (rows.length === 0) return [...heading(title), [span('  nobody yet', 'faint')]];
  const from = columnWidth(rows.map((row) => row.from));
  const numbers = [7, 7, 8, 8, 8, 9] as const;
  const request = Math.max(10, width - 2 - from - numbers.reduce((sum, each) => sum + each, 0));
  const titles = ['per s', ...outcomeColumns.map((column) => column.title), 'median'];
  const header: Line = [
    fit(span(title, 'strong'), 2 + from + request),
    ...titles.map((text, index) => fit(span(text, 'faint'), numbers[index] ?? 8, 'end')),
  ];
  return [
    [],
    header,
    ...rows.flatMap((row): readonly Line[] => [
      [
        span('  '),
        fit(span(row.from, 'accent'), from),
        fit(span(row.request), request),
        fit(span(row.perSecond.toFixed(1)), numbers[0], 'end'),
        ...outcomeColumns.map(({ outcome, look }, index) => {
          const count = row.outcomes[outcome];
          return fit(count === 0 ? span('·', 'faint') : span(String(count), look), numbers[index + 1] ?? 8, 'end');
        }),
        fit(row.medianMs === undefined ? span('·', 'faint') : span(milliseconds(row.medianMs)), numbers[5], 'end'),
      ],
      ...(row.failure === undefined ? [] : [[span(`${' '.repeat(2 + from)}${row.failure}`, 'bad')]]),
    ]),
  ];
}

function splitTable(splits: readonly SplitView[], width: number): readonly Line[] {
  if (splits.length === 0) return [];
  const name = columnWidth(splits.flatMap(({ shares }) => shares.map(({ backend }) => backend)));
  const bar = Math.max(10, Math.min(40, width - 4 - name - 34));
  const titles: Line = ['wanted', 'seen', 'answers'].map((title) => fit(span(title, 'faint'), 9, 'end'));
  return [
    [],
    [fit(span('How traffic splits, since the last change or a minute ago', 'strong'), 4 + name + bar), ...titles],
    ...splits.flatMap((split): readonly Line[] => [
      [span('  '), span(split.service, 'accent'), span(`, ${split.requests}  `), span(split.origin, 'faint')],
      ...(split.shares.length === 0 ? [[span('    no backend that could answer: 503', 'bad')]] : []),
      ...split.shares.map((share) => shareLine(share, split.shares, name, bar)),
    ]),
  ];
}

function shareLine(share: SplitShare, shares: readonly SplitShare[], name: number, bar: number): Line {
  const weights = shares.reduce((sum, each) => sum + each.weight, 0);
  const answers = shares.reduce((sum, each) => sum + each.count, 0);
  const wanted = share.weight / Math.max(1, weights);
  const seen = answers === 0 ? undefined : share.count / answers;
  const filled = Math.round((seen ?? 0) * bar);
  const look: Look = seen === undefined ? 'faint' : 'good';
  return [
    span('    '),
    fit(span(share.backend), name),
    span('█'.repeat(filled), look),
    span('░'.repeat(bar - filled), 'faint'),
    fit(span(percent(wanted)), 9, 'end'),
    fit(seen === undefined ? span('·', 'faint') : span(percent(seen), 'strong'), 9, 'end'),
    fit(span(String(share.count), 'faint'), 9, 'end'),
  ];
}

function denialList(denials: readonly DenialView[], width: number): readonly Line[] {
  if (denials.length === 0) return [];
  const from = columnWidth(denials.map((denial) => denial.from));
  const request = columnWidth(denials.map((denial) => denial.request));
  const indent = ' '.repeat(2 + from);
  return [
    ...heading('What is denied, and why'),
    ...denials.flatMap((denial): readonly Line[] => [
      [
        span('  '),
        fit(span(denial.from, 'accent'), from),
        fit(span(denial.request), request),
        fit(span(denial.answer, 'note'), 8),
        span(denial.said === undefined ? 'not a byte was answered' : `x-smi-envoy-denied: ${denial.said}`),
      ],
      ...wrap(denial.why, width - indent.length).map((text) => [span(indent + text, 'faint')]),
    ]),
  ];
}

function lastChange(change: ChangeView | undefined, width: number): readonly Line[] {
  if (change === undefined) return [];
  const timing = span(describeTiming(change), change.ms === undefined ? 'note' : 'good');
  return [
    ...heading('Last change', [span(`  ${change.time}  `, 'faint'), span(change.files.join(', '), 'accent')]),
    ...change.lines.flatMap((text) => wrap(text, width - 2)).map((text): Line => [span(`  ${text}`)]),
    [span(`  ${describeCost(change)}, `), timing],
  ];
}

function list(title: string, look: Look, mark: string, entries: readonly string[], width: number): readonly Line[] {
  if (entries.length === 0) return [];
  return [
    ...heading(title),
    ...entries.flatMap((entry) =>
      wrap(entry, width - 4).map((text, index): Line => [span(`  ${index === 0 ? mark : '  '}${text}`, look)]),
    ),
  ];
}

const lengthOf = (line: Line): number => line.reduce((sum, { text }) => sum + [...text].length, 0);

const columnWidth = (texts: readonly string[]): number => 2 + Math.max(0, ...texts.map((text) => [...text].length));

const clockOf = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};
