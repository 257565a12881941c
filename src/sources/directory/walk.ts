import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { byString } from '../../lib/order.ts';

export interface FoundFile {
  /** The root as given, joined with the way to the file. */
  readonly path: string;
  /** Differs whenever the file was replaced or written to, as far as the file system's clock can tell. */
  readonly signature: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface Walk {
  /** In path order. */
  readonly files: readonly FoundFile[];
  /** What is there but cannot be looked at. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/**
 * Finds every manifest below the root (or the root itself, when it is a file), following symbolic links. Names that
 * begin with a dot are left out: editors' swap files, and the directories that a mounted ConfigMap swaps under its links.
 * `visit` is called with each directory that a change may come from, *before* it is read, so that a watch set up there
 * misses nothing. Throws when the root does not exist or cannot be read.
 */
export function walkManifests(root: string, visit: (directory: string) => void): Walk {
  const files: FoundFile[] = [];
  const problems: { readonly path: string; readonly message: string }[] = [];

  const addFile = (path: string) => {
    if (lstatSync(path).isSymbolicLink()) visit(dirname(realpathSync(path)));
    const stats = statSync(path, { bigint: true });
    files.push({
      path,
      signature: [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':'),
      size: Number(stats.size),
      modifiedAt: Number(stats.mtimeMs),
    });
  };

  const walkDirectory = (directory: string, ancestors: readonly string[]) => {
    const target = realpathSync(directory);
    if (ancestors.includes(target)) return;
    visit(directory);
    for (const name of readdirSync(directory).sort(byString)) {
      if (name.startsWith('.')) continue;
      const path = join(directory, name);
      try {
        if (statSync(path).isDirectory()) walkDirectory(path, [...ancestors, target]);
        else if (isManifestName(name)) addFile(path);
      } catch (error) {
        // Between listing and looking an entry may go, or be a link to nowhere: then it simply is not there.
        if (!isMissing(error)) problems.push({ path, message: describe(error) });
      }
    }
  };

  if (statSync(root).isDirectory()) {
    walkDirectory(root, []);
  } else {
    visit(dirname(root));
    addFile(root);
  }
  return { files: files.sort((a, b) => byString(a.path, b.path)), problems };
}

const isManifestName = (name: string): boolean => /\.(ya?ml|json)$/i.test(name) && !name.startsWith('#');

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
