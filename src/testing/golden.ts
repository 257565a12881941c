/**
 * Golden cases: a folder for each, with what goes in and, beside it, what must come out. Compared both ways: a file that
 * is missing and one that nothing makes any more are failures as well. `npm run goldens` writes what comes out, and
 * removes what no longer does; the diff is for a person to judge.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { textDiff } from './text-diff.ts';

/** Set by `npm run goldens`. */
const rewrite = process.env['SMI_ENVOY_GOLDENS'] === 'write';

export interface GoldenCases {
  /** The folder with a folder for each case. */
  readonly directory: string;
  /** Names of the files in a case's folder that go in. All others come out. */
  readonly inputs: readonly string[];
  /** What comes out, by path below the case's folder. */
  readonly make: (read: (input: string) => string | undefined) => ReadonlyMap<string, string>;
}

/** The names of the cases in a directory. */
export const goldenCases = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

/** Registers a test for each case. */
export function testGoldens({ directory, inputs, make }: GoldenCases): void {
  for (const name of goldenCases(directory)) {
    const folder = join(directory, name);
    test(name, () => {
      const actual = make((input) => readIfThere(join(folder, input)));
      const expected = outputsIn(folder, inputs);
      if (rewrite) write(folder, actual, expected);
      else assert.ok(actual.size > 0 && compare(actual, expected) === '', `\n${compare(actual, expected)}`);
    });
  }
}

function outputsIn(folder: string, inputs: readonly string[]): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !inputs.includes(path))
    .sort();
  return new Map(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** What differs, for people; empty when nothing does. */
export function compare(actual: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string {
  const complaints: string[] = [];
  for (const path of new Set([...expected.keys(), ...actual.keys()])) {
    const [now, before] = [actual.get(path), expected.get(path)];
    if (before === undefined) complaints.push(`${path} came out, but is not there: run npm run goldens and look at it`);
    else if (now === undefined) complaints.push(`${path} is there, but nothing makes it any more`);
    else if (now !== before) complaints.push(`${path} (- expected, + came out)\n${textDiff(before, now)}`);
  }
  return complaints.join('\n\n');
}

function write(folder: string, actual: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): void {
  for (const [path, text] of actual) {
    if (expected.get(path) === text) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const path of expected.keys()) {
    if (!actual.has(path)) rmSync(join(folder, path));
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
