import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface Suite {
  readonly title: string;
  /** Globs of test files, relative to the repository. */
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  /** Arguments of `node --test`. */
  readonly args: readonly string[];
  /** Run by `.ci/run` only, as root. */
  readonly asRoot?: true;
}

/** Every test file belongs to exactly one suite; a test sees to that. */
export const suites: readonly Suite[] = [
  {
    title: 'unit',
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    // One process: starting one for each file would take longer than the tests.
    args: ['--test-isolation=none', '--test-timeout=60000'],
  },
  {
    title: 'conformance',
    include: ['conformance/**/*.test.ts'],
    exclude: ['**/*.root.test.ts'],
    args: ['--test-concurrency=1', '--test-timeout=300000'],
  },
  {
    title: 'conformance as root',
    include: ['conformance/**/*.root.test.ts'],
    args: ['--test-concurrency=1', '--test-timeout=300000'],
    asRoot: true,
  },
];

/** The files of a suite, sorted. */
export function filesOf(suite: Suite): readonly string[] {
  return globSync(suite.include, { cwd: root, exclude: suite.exclude ?? [] }).sort();
}

/** Every test file of the repository, wherever it is. */
export function allTestFiles(): readonly string[] {
  const elsewhere = ['node_modules/**', 'build/**', 'dist/**'];
  return globSync('**/*.test.{ts,mts,js,mjs}', { cwd: root, exclude: elsewhere }).sort();
}
