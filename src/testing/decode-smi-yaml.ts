import { parse } from 'yaml';
import { isJsonMap, type JsonMap } from '../lib/json.ts';
import { decodeSmi } from '../smi/decode-smi.ts';
import type { SmiKind } from '../smi/kinds.ts';

/** A table of manifests: what each decodes to, without its metadata, and what is said about it. */
export type DecodingCases = Readonly<
  Record<string, { readonly yaml: string; readonly model: JsonMap | 'invalid'; readonly said?: readonly string[] }>
>;

/** An object as written in YAML. Manifests in tests may leave out the metadata. */
export function parseObject(yaml: string): JsonMap {
  const object: unknown = parse(yaml);
  if (!isJsonMap(object)) throw new Error('the manifest is not a map');
  return { metadata: { name: 'an-object', namespace: 'bookstore' }, ...object };
}

/** What an SMI object means, without its metadata, and what is said about it: `field: message (Reason)`. */
export function decodeSmiObject(object: JsonMap): {
  readonly model: JsonMap | 'invalid';
  readonly said: readonly string[];
} {
  const version = String(object['apiVersion']).split('/')[1] ?? '';
  const decoded = decodeSmi(object['kind'] as SmiKind['kind'], version, object);
  if (!decoded.ok) return { model: 'invalid', said: decoded.error.map(({ field, message }) => `${field}: ${message}`) };
  const { meta: _, ...model } = decoded.value.object;
  const said = decoded.value.flaws.map(({ field, message, reason }) => `${field}: ${message} (${reason})`);
  return { model, said };
}
