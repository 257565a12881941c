/** Where the root lives between runs, so that a restarted control plane is believed by those who knew it before. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redacted } from '../lib/redacted.ts';
import type { RootKeyPair } from './certificate-authority.ts';

const fileName = 'root.pem';

/**
 * The root kept in a directory; made by `create` when there is none yet. Certificate and key are one file, readable by
 * its owner only, that appears whole or not at all: of several processes that start at once, one creates and all use the same.
 */
export async function loadOrCreateRoot(directory: string, create: () => Promise<RootKeyPair>): Promise<RootKeyPair> {
  const path = join(directory, fileName);
  const known = await readIfThere(path);
  if (known !== undefined) return parseRoot(known, path);

  await mkdir(directory, { recursive: true, mode: 0o700 });
  const root = await create();
  const draft = join(directory, `.${fileName}.${randomUUID()}`);
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(root.certificate + root.privateKey.reveal());
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, a link never replaces what somebody else made in the meantime.
    await link(draft, path);
    return root;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return parseRoot(await readFile(path, 'utf8'), path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** A root that the operator made: its certificate and its key (PKCS #8) as PEM files. Throws when one cannot be read. */
export async function readRoot(certificatePath: string, keyPath: string): Promise<RootKeyPair> {
  const [certificate, key] = await Promise.all([readFile(certificatePath, 'utf8'), readFile(keyPath, 'utf8')]);
  return {
    certificate: block(certificate, 'CERTIFICATE', certificatePath),
    privateKey: new Redacted(block(key, 'PRIVATE KEY', keyPath)),
  };
}

const parseRoot = (text: string, path: string): RootKeyPair => ({
  certificate: block(text, 'CERTIFICATE', path),
  privateKey: new Redacted(block(text, 'PRIVATE KEY', path)),
});

/** The first PEM block of a kind. https://www.rfc-editor.org/rfc/rfc7468#section-2 */
function block(text: string, label: string, path: string): string {
  const found = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n?`).exec(text)?.[0];
  if (found === undefined) throw new Error(`${path} has no PEM block "${label}"`);
  return found.endsWith('\n') ? found : `${found}\n`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;
