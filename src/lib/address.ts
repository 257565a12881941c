import { err, ok, type Result } from './result.ts';

/** Where something listens or is dialled. */
export interface Address {
  /** A name or an IP address; IPv6 without brackets. */
  readonly host: string;
  /** 0 where any free port will do. */
  readonly port: number;
}

/** Reads `127.0.0.1:18000`, `[::1]:18000` and `:18000`, which is every address of this machine. */
export function parseAddress(text: string): Result<Address, string> {
  const [, v6, host, port = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65535) return err('is not host:port, such as 127.0.0.1:18000 or [::1]:18000');
  return ok({ host: v6 ?? (host || '::'), port: Number(port) });
}

export const formatAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Whether only programs on the same machine can dial it. */
export const isLoopback = ({ host }: Address): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);
