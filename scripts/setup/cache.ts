import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What is big and the same for every clone is kept once per user. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'smi-envoy');

/** A folder of the cache, made by `fill` if it is not there yet. */
export const cached = (name: string, fill: (folder: string) => Promise<void>): Promise<string> =>
  filled(join(cacheFolder, name), fill);

/**
 * The folder, made by `fill` if it is not there yet. It appears complete or not at all: it is filled under another name
 * and renamed. Clones that ask at the same time wait for the first.
 */
export async function filled(folder: string, fill: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  await exclusively(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    const partial = mkdtempSync(`${folder}.partial-`);
    try {
      await fill(partial);
      renameSync(partial, folder);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
  return folder;
}

/** Runs `work` while no other process does so under the same lock file. The lock of a process that died is taken over. */
export async function exclusively<T>(lock: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(lock), { recursive: true });
  while (!tryLock(lock)) await delay(200);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isAlive(lockHolder(lock))) rmSync(lock, { force: true });
    return false;
  }
}

/** The process that holds the lock; undefined while it is just being taken or released. */
function lockHolder(lock: string): number | undefined {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
