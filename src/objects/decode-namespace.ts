import { ok, type Result } from '../lib/result.ts';
import type { Namespace } from './core.ts';
import { decodeMeta } from './decode-meta.ts';
import type { Flaw } from './decoding.ts';

/** Decodes a `v1` Namespace: its annotations hold for the pods in it. */
export function decodeNamespace(object: Readonly<Record<string, unknown>>): Result<Namespace, readonly Flaw[]> {
  const meta = decodeMeta(object, 'cluster');
  return meta.ok ? ok({ meta: meta.value.meta }) : meta;
}
