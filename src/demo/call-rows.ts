/** Who calls whom, how often, and how it goes. */
import { by, byFirst } from '../lib/order.ts';
import { type Call, describeRequest, type Outcome, outcomeOf } from './call.ts';
import { quantile } from './statistics.ts';

export interface CallRow {
  readonly from: string;
  readonly call: string;
  readonly request: string;
  readonly perSecond: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** How calls that failed did, if any: the latest. */
  readonly failure: string | undefined;
  /** Median of the time until an answer, in milliseconds; `undefined` when there was none. */
  readonly medianMs: number | undefined;
}

/** A row for each kind of call, of the calls of the last `seconds`. */
export function viewCalls(calls: readonly Call[], seconds: number): readonly CallRow[] {
  return [...Map.groupBy(calls, ({ from, call }) => `${from}\n${call}`).values()]
    .flatMap((group) => {
      const latest = group.at(-1);
      return latest === undefined ? [] : [rowOf(latest, group, seconds)];
    })
    .sort(
      byFirst(
        by((row) => row.from),
        by((row) => row.call),
      ),
    );
}

function rowOf(latest: Call, group: readonly Call[], seconds: number): CallRow {
  const outcomes = { answered: 0, denied: 0, closed: 0, failed: 0 };
  for (const call of group) outcomes[outcomeOf(call)]++;
  const failed = group.findLast((call) => outcomeOf(call) === 'failed');
  return {
    from: latest.from,
    call: latest.call,
    request: describeRequest(latest) + describeHeaders(latest),
    perSecond: group.length / seconds,
    outcomes,
    failure: failed === undefined ? undefined : `${failed.status ?? ''} ${failed.error ?? ''}`.trim(),
    medianMs: quantile(
      group.filter((call) => outcomeOf(call) === 'answered').map((call) => call.ms),
      0.5,
    ),
  };
}

const describeHeaders = (call: Call): string =>
  Object.entries(call.headers ?? {})
    .map(([name, value]) => ` ${name}: ${value}`)
    .join('');
