import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of our own, removed with its contents when disposed of. Readable by processes of other users. */
export interface Scratch extends Disposable {
  readonly folder: string;
}

export function makeScratch(purpose: string): Scratch {
  const folder = mkdtempSync(join(tmpdir(), `smi-envoy-${purpose}-`));
  chmodSync(folder, 0o755);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** TCP ports of 127.0.0.1 that were free just now, all different. For programs that cannot tell which one they took. */
export async function freePorts<const N extends readonly string[]>(
  ...names: N
): Promise<{ readonly [K in N[number]]: number }> {
  const servers = await Promise.all(names.map(listen));
  const ports = servers.map((server, index) => [names[index] ?? '', portOf(server)] as const);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(ports) as { readonly [K in N[number]]: number };
}

function listen(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
