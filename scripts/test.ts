/**
 * Runs the tests: `test.ts [--root] [path …]`. Types and style are checked as well, unless paths say which tests to run.
 * `--root` adds the tests that need root. What this machine cannot run is listed with the reason; with `CI=true` it
 * counts as failed. Ends with a line `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideRootTools } from './setup/root-tools.ts';
import { filesOf, type Suite, suites } from './test/suites.ts';
import { addTallies, emptyTally, type Tally } from './test/tally.ts';

const root = join(import.meta.dirname, '..');
const inCi = process.env['CI'] === 'true';
/** Milliseconds after which a whole suite is ended: something in it keeps its process alive. */
const suiteDeadline = 40 * 60_000;

const { values, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: { root: { type: 'boolean', default: false } },
});

let total = emptyTally;
if (paths.length === 0) total = addTallies(total, await check());
if (values.root) await provideRootTools();
for (const suite of suites.filter((suite) => values.root || !suite.asRoot)) {
  const files = filesOf(suite).filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)));
  if (files.length > 0) total = addTallies(total, await runSuite(suite, files));
}
process.exit(summarize(total));

async function check(): Promise<Tally> {
  const checks = ['typecheck', 'lint'];
  const codes = await Promise.all(checks.map((script) => exitCode('npm', ['run', '--silent', script])));
  for (const [index, code] of codes.entries()) console.log(`${code === 0 ? '✔' : '✖'} ${checks[index]}`);
  const failed = codes.filter((code) => code !== 0).length;
  return { ...emptyTally, passed: checks.length - failed, failed };
}

async function runSuite(suite: Suite, files: readonly string[]): Promise<Tally> {
  console.log(`\n${suite.title}: ${files.length} files`);
  const tallyFile = join(root, 'build', `tally-${process.pid}.json`);
  mkdirSync(join(root, 'build'), { recursive: true });
  const reporter = join(root, 'scripts/test/reporter.ts');
  const args = ['--test', ...suite.args, `--test-reporter=${reporter}`, '--test-reporter-destination=stdout', ...files];
  const code = await exitCode(process.execPath, args, { SMI_ENVOY_TALLY: tallyFile });
  if (!existsSync(tallyFile)) {
    console.log(`✖ ${suite.title}: the runner ended with ${code} before it was through`);
    return { ...emptyTally, failed: 1 };
  }
  const tally: Tally = JSON.parse(readFileSync(tallyFile, 'utf8'));
  rmSync(tallyFile);
  const silent = files.filter((file) => !tally.files.includes(file));
  for (const file of silent) console.log(`✖ ${file}: reported no test`);
  const unexplained = code !== 0 && tally.failed + silent.length === 0 ? 1 : 0;
  if (unexplained > 0) console.log(`✖ ${suite.title}: the runner ended with ${code}, though no test failed`);
  return { ...tally, failed: tally.failed + silent.length + unexplained };
}

/** The exit code of a program whose output is ours; the name of the signal when one ended it. */
function exitCode(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
      timeout: suiteDeadline,
      killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'no exit code'));
  });
}

/** Prints the result and returns the exit code. */
function summarize({ passed, failed, skipped }: Tally): number {
  console.log('');
  if (skipped.length > 0) {
    console.log(`${skipped.length} skipped${inCi ? ', which in CI is a failure' : ''}:`);
    for (const { file, name, reason } of skipped) console.log(`− ${file} › ${name}: ${reason}`);
  }
  const left = values.root ? [] : suites.filter((suite) => suite.asRoot).flatMap(filesOf);
  if (left.length > 0 && paths.length === 0)
    console.log(`not run: ${left.length} files that need root; .ci/run runs them`);
  const failures = failed + (inCi ? skipped.length : 0);
  console.log(`${passed} passed, ${failures} failed`);
  return failures === 0 && passed > 0 ? 0 : 1;
}
