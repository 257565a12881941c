import { z } from 'zod';
import { ok, type Result } from '../lib/result.ts';
import { createSharing } from '../lib/sharing.ts';
import { type Flaw, optional, parseBy, stringMap } from './decoding.ts';
import type { ObjectMeta } from './object-meta.ts';

/** Where an object goes whose manifest names no namespace, as with `kubectl apply`. */
export const defaultNamespace = 'default';

/** Our own annotations: the only ones that are kept. */
export const annotationPrefix = 'smi-envoy.io/';

/**
 * What Kubernetes itself accepts as the name of these kinds (an RFC 1123 subdomain). It has neither slash nor colon, so
 * that names made of several are never ambiguous.
 */
const name = z
  .string()
  .max(253, 'must have at most 253 characters')
  .regex(
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    'must consist of lower case letters, digits, "-" and ".", and begin and end with a letter or digit',
  );

const metaSchema = z.object({
  name,
  namespace: name.or(z.literal('')).nullish(),
  creationTimestamp: optional(z.string()),
  deletionTimestamp: optional(z.string()),
  labels: stringMap,
  annotations: z.record(z.string(), z.unknown()).nullish(),
});

/** What many objects have alike. */
const share = createSharing();

/** The metadata we keep, and whether the object is being deleted. */
export interface DecodedMeta {
  readonly meta: ObjectMeta;
  readonly deleting: boolean;
}

/** Reads `metadata`. Objects that live in a namespace and name none are in `default`; others have the empty one. */
export function decodeMeta(
  object: Readonly<Record<string, unknown>>,
  scope: 'namespaced' | 'cluster' = 'namespaced',
): Result<DecodedMeta, readonly Flaw[]> {
  const parsed = parseBy(metaSchema, object['metadata'], 'metadata');
  if (!parsed.ok) return parsed;
  const { name, namespace, creationTimestamp, deletionTimestamp, labels, annotations } = parsed.value;
  const meta: ObjectMeta = {
    namespace: share(scope === 'cluster' ? '' : namespace || defaultNamespace),
    name,
    creationTimestamp: share(creationTimestamp),
    labels: share(labels),
    annotations: share(ownAnnotations(annotations ?? {})),
  };
  return ok({ meta, deleting: deletionTimestamp !== undefined });
}

function ownAnnotations(annotations: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const key in annotations) {
    const value = annotations[key];
    if (key.startsWith(annotationPrefix) && typeof value === 'string') own[key] = value;
  }
  return own;
}
