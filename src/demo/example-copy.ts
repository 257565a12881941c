/** A copy of the example that can be changed, and that runs beside the original. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOn } from './loopback.ts';

export interface ExampleCopy {
  readonly directory: string;
  /** Removes it. */
  remove(): Promise<void>;
}

/** The example has its pods in 127.10.0.0/24 and its sidecars' local ports in 11000–11999. A place is another such pair. */
const places = Array.from({ length: 20 }, (_, index) => 12 + index);

/** Copies the example to a temporary directory, with addresses and ports that no other copy has. */
export async function copyExample(example: string): Promise<ExampleCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'smi-envoy-demo-'));
  await cp(example, directory, { recursive: true });
  const claim = await claimPlace();
  for (const file of await readdir(directory)) {
    if (!file.endsWith('.yaml')) continue;
    const path = join(directory, file);
    await writeFile(path, relocate(await readFile(path, 'utf8'), claim?.place));
  }
  return {
    directory,
    remove: async () => {
      claim?.release();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The same YAML with the addresses and local ports of a place; as it was without one. */
export const relocate = (yaml: string, place: number | undefined): string =>
  place === undefined
    ? yaml
    : yaml.replaceAll('127.10.0.', `127.10.${place}.`).replaceAll(/\b11(\d{3})\b/g, `${place}$1`);

/** A place is taken by listening on an address in it. None: this machine has only the addresses it was told of. */
async function claimPlace(): Promise<{ readonly place: number; readonly release: () => void } | undefined> {
  for (const place of places) {
    const claim = await listenOn(`127.10.${place}.254`, 11_000);
    if (claim !== undefined) return { place, release: () => claim.close() };
  }
  return undefined;
}
