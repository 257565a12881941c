/** What a run of tests came to. A test that contains others counts by itself, unless it failed only because they did. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly SkippedTest[];
  /** The files that reported at least one test, relative to the repository. */
  readonly files: readonly string[];
}

export interface SkippedTest {
  readonly file: string;
  readonly name: string;
  readonly reason: string;
}

export const emptyTally: Tally = { passed: 0, failed: 0, skipped: [], files: [] };

export const addTallies = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: [...a.skipped, ...b.skipped],
  files: [...a.files, ...b.files],
});
