/** What was measured, as a table, and whether the targets were reached. Times are milliseconds, sizes are bytes. */

export interface Measured {
  readonly services: number;
  readonly sidecars: number;
  readonly changes: readonly {
    readonly took: number;
    readonly answeredAfter: number;
    readonly bytes: number;
    readonly responses: number;
  }[];
  readonly bareChanges: readonly number[];
  readonly cpuPerChange: number;
  readonly cold: { readonly took: number; readonly bytes: number; readonly responses: number; readonly cpu: number };
  readonly bareCold: { readonly took: number; readonly bytes: number; readonly responses: number };
  readonly memory: { readonly idle: number; readonly afterColdStart: number; readonly afterChanges: number };
  /** Bytes that one sidecar is sent at first, by resource type. */
  readonly resourceTypes: Readonly<Record<string, number>>;
}

export interface Target {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** The value that the given share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const median = (values: readonly number[]) => quantile(values, 0.5);
const ms = (value: number) => `${value.toFixed(1)} ms`;
const megabytes = (value: number) => `${(value / 1e6).toFixed(value < 10e6 ? 2 : 0)} MB`;
const times = (value: number) => `${value.toFixed(2)}×`;

export function judge(measured: readonly Measured[]): readonly Target[] {
  const largest = measured.at(-1);
  const smallest = measured[0];
  if (largest === undefined || smallest === undefined) return [];
  const whole = median(largest.changes.map(({ took }) => took)) / median(largest.bareChanges);
  const bytes = Math.max(...largest.changes.map((change) => change.bytes));
  const cold = largest.cold.took / largest.bareCold.took;
  const memory = Math.max(largest.memory.afterColdStart, largest.memory.afterChanges);
  const growth = median(largest.changes.map(({ took }) => took)) / median(smallest.changes.map(({ took }) => took));
  return [
    {
      what: 'from patch to last ACK, of the bare reference',
      limit: '1.5×',
      measured: times(whole),
      reached: whole <= 1.5,
    },
    { what: 'sent for one change', limit: '0.3 MB', measured: megabytes(bytes), reached: bytes <= 300_000 },
    { what: 'cold start of all, of the bare reference', limit: '3×', measured: times(cold), reached: cold <= 3 },
    { what: 'memory of the process', limit: '150 MB', measured: megabytes(memory), reached: memory <= 150e6 },
    {
      what: `a change at ${largest.services} services, of one at ${smallest.services}`,
      limit: 'about 1×',
      measured: times(growth),
      reached: growth <= 1.25,
    },
  ];
}

const row = (cells: readonly string[], widths: readonly number[]) =>
  cells
    .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
    .join('  ');

function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, index) =>
    Math.max(...rows.map((cells) => cells[index]?.length ?? 0)),
  );
  return rows.map((cells) => row(cells, widths)).join('\n');
}

export function printReport(measured: readonly Measured[], targets: readonly Target[]): void {
  const column = (title: string, of: (one: Measured) => string) => [title, ...measured.map(of)];
  const took = ({ changes }: Measured) => changes.map((change) => change.took);
  const spread = (values: readonly number[]) => `${ms(median(values))} (p90 ${ms(quantile(values, 0.9))})`;
  process.stdout.write(`
${table([
  column('', ({ services, sidecars }) => `${services} services, ${sidecars} sidecars`),
  column('one weight, from patch to last ACK', (one) => spread(took(one))),
  column('  of that, the API server’s answer to the patch', ({ changes }) =>
    spread(changes.map(({ answeredAfter }) => answeredAfter)),
  ),
  column('  bare reference, from first write to last ACK', ({ bareChanges }) => spread(bareChanges)),
  column('  ratio of the medians', (one) => times(median(took(one)) / median(one.bareChanges))),
  column('  noise: p90 of the bare reference to its median', ({ bareChanges }) =>
    times(quantile(bareChanges, 0.9) / median(bareChanges)),
  ),
  column('  responses, bytes', ({ changes }) => {
    const last = changes.at(-1);
    return `${last?.responses}, ${megabytes(last?.bytes ?? 0)}`;
  }),
  column('  processor time of smi-envoy', ({ cpuPerChange }) => ms(cpuPerChange)),
  column('cold start of all sidecars', ({ cold }) => ms(cold.took)),
  column('  bare reference', ({ bareCold }) => ms(bareCold.took)),
  column('  ratio', ({ cold, bareCold }) => times(cold.took / bareCold.took)),
  column('  responses, bytes', ({ cold }) => `${cold.responses}, ${megabytes(cold.bytes)}`),
  column('memory: read, no sidecars', ({ memory }) => megabytes(memory.idle)),
  column('  after the cold start', ({ memory }) => megabytes(memory.afterColdStart)),
  column('  after the changes', ({ memory }) => megabytes(memory.afterChanges)),
])}

${table([['target', 'limit', 'measured', ''], ...targets.map((target) => [target.what, target.limit, target.measured, target.reached ? 'reached' : 'MISSED'])])}
`);
}
