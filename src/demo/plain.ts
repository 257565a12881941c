/** The same view for a pipe: lines that are appended, never redrawn. */

import type { ChangeView, View } from './view.ts';
import { describeCost, describeTiming, percent, plural } from './words.ts';

/** What there is to say of the traffic, now and then. */
export function summaryLines({ calls, splits, denials, sidecars }: View): readonly string[] {
  const sum = (outcome: keyof (typeof calls)[number]['outcomes']) =>
    calls.reduce((total, { outcomes }) => total + outcomes[outcome], 0);
  const perSecond = calls.reduce((total, call) => total + call.perSecond, 0);
  return [
    `traffic: ${perSecond.toFixed(1)} calls/s, last 10 s: ${sum('answered')} ok, ${sum('denied')} denied, ${sum('closed')} closed, ` +
      `${sum('failed')} failed; ${sidecars.upToDate} of ${sidecars.total} sidecars up to date`,
    ...splits.map(({ service, requests, shares }) => {
      const answers = shares.reduce((total, { count }) => total + count, 0);
      const weights = shares.reduce((total, { weight }) => total + weight, 0);
      const each = shares.map(({ backend, weight, count }) => {
        const seen = answers === 0 ? 'nothing yet' : percent(count / answers);
        return `${backend} ${seen} (wanted ${percent(weight / Math.max(1, weights))})`;
      });
      return `split: ${service} (${requests}): ${each.join(', ')} of ${plural(answers, 'answer')}`;
    }),
    ...denials.map(
      ({ from, request, answer, said, why, count }) =>
        `denied: ${from} ${request}: ${answer}${said === undefined ? '' : ` ${said}`}, ${count} times: ${why}`,
    ),
  ];
}

/** What a change did, as soon as it is acknowledged. */
export function changeLines(change: ChangeView, problems: readonly string[]): readonly string[] {
  return [
    ...change.lines.map((line) => `change: ${change.files.join(', ')}: ${line}`),
    `change: ${change.files.join(', ')}: ${describeCost(change)}, ${describeTiming(change)}`,
    ...problems.map((problem) => `problem: ${problem}`),
  ];
}
