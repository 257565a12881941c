/**
 * node scripts/setup.mjs [part …] [-- command …]
 *
 * Makes a fresh clone ready and then becomes the command. This file is the part that runs on the machine's own Node
 * (20 or newer) before anything is installed, so it is plain JavaScript without dependencies: it installs what
 * package-lock.json names, and hands over to scripts/setup.ts on the Node that came with that.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'node_modules', '.bin');

/** Whether node_modules holds what package-lock.json names, by the record that npm itself keeps of what it installed. */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record) || !existsSync(join(bin, 'node'))) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' || (installed[path] ? installed[path].version === entry.version : entry.optional === true),
  );
}

/** Runs npm with the warnings about this machine's own Node left out: that Node is only needed to get here. */
function install() {
  const started = Date.now();
  process.stderr.write('setup: installing npm packages …\n');
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund'];
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with exit code ${status}`);
  process.stderr.write(`setup: installed npm packages in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** Runs a program in our place: same input and output, signals passed on, its end is ours. */
function become(program, args) {
  const env = { ...process.env, PATH: bin + delimiter + process.env.PATH };
  const child = spawn(program, args, { stdio: 'inherit', env });
  // A terminal sends SIGINT to both; what is left is to wait for the child's answer to it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(error) {
  process.stderr.write(`setup: ${error.message}\n`);
  process.exit(1);
}

try {
  if (!isInstalled()) install();
  become(join(bin, 'node'), [join(root, 'scripts', 'setup.ts'), ...process.argv.slice(2)]);
} catch (error) {
  fail(error);
}
