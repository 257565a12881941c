import { ok, type Result } from '../lib/result.ts';
import type { ServiceAccount } from './core.ts';
import { decodeMeta } from './decode-meta.ts';
import type { Flaw } from './decoding.ts';

/** Decodes a `v1` ServiceAccount: that it exists is all that matters of it. */
export function decodeServiceAccount(
  object: Readonly<Record<string, unknown>>,
): Result<ServiceAccount, readonly Flaw[]> {
  const meta = decodeMeta(object);
  return meta.ok ? ok({ meta: meta.value.meta }) : meta;
}
