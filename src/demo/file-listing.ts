/** Which files of a directory changed, and when: what a change is traced back to. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { byString } from '../lib/order.ts';

/** Time of last modification of each YAML file, in milliseconds since the epoch, by path within the directory. */
export interface FileListing {
  readonly files: ReadonlyMap<string, number>;
  /** When a file last came, went or was renamed. */
  readonly changedAt: number;
}

export interface FileChange {
  readonly files: readonly string[];
  /** Of the latest of them, in milliseconds since the epoch. */
  readonly at: number;
}

const isYaml = (file: string): boolean => /\.(ya?ml|json)$/.test(file);

/** Empty while the directory is not there. */
export async function listFiles(directory: string): Promise<FileListing> {
  const entries = await readdir(directory, { recursive: true }).catch(() => []);
  const times = await Promise.all(
    entries.filter(isYaml).map(async (file): Promise<[string, number][]> => {
      // A file may go between the listing and the look at it: editors replace files.
      const found = await stat(join(directory, file)).catch(() => undefined);
      return found?.isFile() ? [[file, found.mtimeMs]] : [];
    }),
  );
  const folder = await stat(directory).catch(() => undefined);
  return { files: new Map(times.flat()), changedAt: folder?.mtimeMs ?? Date.now() };
}

/** What differs between two listings; `undefined` when nothing does. */
export function compareListings(before: FileListing, after: FileListing): FileChange | undefined {
  const written = [...after.files].filter(([file, time]) => before.files.get(file) !== time);
  const removed = [...before.files.keys()].filter((file) => !after.files.has(file));
  if (written.length === 0 && removed.length === 0) return undefined;
  return {
    files: [...written.map(([file]) => file), ...removed.map((file) => `${file} (removed)`)].sort(byString),
    at: Math.max(...written.map(([, time]) => time), ...(removed.length > 0 ? [after.changedAt] : [])),
  };
}
