import { type Address, formatAddress } from '../lib/address.ts';
import { Failure } from './failure.ts';

/** Asks the admin server of a running `smi-envoy serve`. */
export async function askAdmin(admin: Address, path: string): Promise<unknown> {
  const address = formatAddress(admin);
  let response: Response;
  try {
    response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Failure(`nobody answers at ${address}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: 'Is `smi-envoy serve` running? Its --admin-address says where it can be asked.',
    });
  }
  const body = await response.text();
  if (!response.ok) throw new Failure(body.trim() || `${address} answers ${response.status}`);
  try {
    return JSON.parse(body);
  } catch {
    throw new Failure(`what answers at ${address} is not smi-envoy`);
  }
}
