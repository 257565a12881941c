/** Pods have loopback addresses of their own. Linux answers to all of 127.0.0.0/8, macOS only to those it was told of. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Which of the addresses this machine cannot listen on. */
export async function missingAddresses(addresses: readonly string[]): Promise<readonly string[]> {
  const tried = await Promise.all(
    addresses.map(async (address) => {
      const server = await listenOn(address, 0);
      server?.close();
      return server === undefined ? [address] : [];
    }),
  );
  return tried.flat();
}

/** Listens, so that nobody else can; `undefined` when that is not possible. */
export async function listenOn(host: string, port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}

/** What to type so that the addresses exist. */
export const explainMissing = (addresses: readonly string[]): string =>
  [
    `This machine does not answer to ${addresses.join(', ')}, which the example’s pods have as addresses. On macOS:`,
    ...addresses.map((address) => `  sudo ifconfig lo0 alias ${address}`),
  ].join('\n');
