/**
 * The reporter of our test runs (`node --test --test-reporter=…/reporter.ts`): a line for each file, every failure in
 * full when it happens, and the tally as JSON in the file that `SMI_ENVOY_TALLY` names.
 */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import type { SkippedTest, Tally } from './tally.ts';

const root = join(import.meta.dirname, '../..');

interface FileCount {
  passed: number;
  failed: number;
  skipped: number;
  milliseconds: number;
  /** What the file's process printed; shown only when something in it fails. */
  printed: string;
}

/** Entry point: node:test imports the default export of a reporter. */
// biome-ignore lint/style/noDefaultExport: node:test asks for it
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = new Map<string, FileCount>();
  const skipped: SkippedTest[] = [];
  const shown = new Set<string>();
  const countOf = (file: string): FileCount => {
    const known = counts.get(file) ?? { passed: 0, failed: 0, skipped: 0, milliseconds: 0, printed: '' };
    counts.set(file, known);
    return known;
  };
  const watchdog = new Watchdog();
  for await (const { type, data } of events) {
    watchdog.seen();
    switch (type) {
      case 'test:pass': {
        if (isFileItself(data)) break;
        const file = fileOf(data);
        const count = countOf(file);
        if (data.nesting === 0) count.milliseconds += data.details.duration_ms;
        if (data.details.type === 'suite') break;
        const reason = data.skip ?? data.todo;
        if (reason === undefined || reason === false) count.passed++;
        else {
          count.skipped++;
          skipped.push({ file, name: data.name, reason: typeof reason === 'string' ? reason : 'no reason given' });
        }
        break;
      }
      case 'test:fail': {
        if (failureType(data.details.error) === 'subtestsFailed') break;
        const count = countOf(fileOf(data));
        count.failed++;
        yield `\n✖ ${fileOf(data)}:${data.line ?? 0} › ${data.name}\n${indent(causeOf(data))}\n`;
        if (count.printed !== '') yield `  printed before:\n${indent(count.printed.trimEnd())}\n`;
        count.printed = '';
        break;
      }
      case 'test:diagnostic':
        // The runner's own totals come without a file.
        if (data.file !== undefined) yield `ℹ ${fileOf(data)} › ${data.message}\n`;
        break;
      case 'test:stdout':
      case 'test:stderr':
        countOf(fileOf(data)).printed += data.message;
        break;
      case 'test:summary':
        if (data.file === undefined) break;
        shown.add(fileOf(data));
        yield line(fileOf(data), countOf(fileOf(data)));
        break;
    }
  }
  for (const [file, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!shown.has(file)) yield line(file, count);
  }
  writeTally(counts, skipped);
}

/**
 * Tests in one process are over when nothing keeps it alive. One that leaves something open would keep it for ever: when
 * nothing was heard for longer than any test may take, say so and end.
 */
class Watchdog {
  #timer: NodeJS.Timeout | undefined;

  seen(): void {
    clearTimeout(this.#timer);
    if (!process.execArgv.includes('--test-isolation=none')) return;
    this.#timer = setTimeout(() => {
      process.stdout.write(`\n✖ a test left something open: ${process.getActiveResourcesInfo().join(', ')}\n`);
      process.exit(1);
    }, patience).unref();
  }
}

/** Milliseconds. The suites that run in one process allow a test 60 seconds. */
const patience = 75_000;

function writeTally(counts: ReadonlyMap<string, FileCount>, skipped: readonly SkippedTest[]): void {
  const path = process.env['SMI_ENVOY_TALLY'];
  if (path === undefined) return;
  const reported = [...counts].filter(([, count]) => count.passed + count.failed + count.skipped > 0);
  const sum = (of: 'passed' | 'failed') => reported.reduce((total, [, count]) => total + count[of], 0);
  const tally: Tally = { passed: sum('passed'), failed: sum('failed'), skipped, files: reported.map(([file]) => file) };
  writeFileSync(path, JSON.stringify(tally));
}

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data'];

/** Undocumented in the types: why a test failed, e.g. `testCodeFailure` or `subtestsFailed`. */
const failureType = (error: Error): unknown => ('failureType' in error ? error.failureType : undefined);

const fileOf = (data: { readonly file?: string | undefined }): string =>
  data.file === undefined ? '?' : relative(root, data.file);

/** With a process for each file, the file is reported as one more test. */
const isFileItself = (data: { readonly nesting: number; readonly name: string; readonly file?: string }): boolean =>
  data.nesting === 0 && data.name === data.file;

function causeOf(data: Failure): string {
  const error = data.details.error;
  const cause = error.cause ?? error;
  return cause instanceof Error || typeof cause === 'object' ? inspect(cause, { depth: 6 }) : String(cause);
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');

function line(file: string, { passed, failed, skipped, milliseconds }: FileCount): string {
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  const mark = failed > 0 ? '✖' : passed > 0 ? '✔' : '−';
  return `${mark} ${file}: ${parts.join(', ')} (${milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`})\n`;
}
