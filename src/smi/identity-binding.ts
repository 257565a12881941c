import { z } from 'zod';
import { ok, type Result } from '../lib/result.ts';
import { type Flaw, fieldPath, parseBy } from '../objects/decoding.ts';
import { errorAt, readEach, readPart, type SmiFlaw } from './flaw.ts';
import { type KindConversion, oneSpelling } from './kind-conversion.ts';
import type { IdentityBinding } from './model.ts';
import type { SmiObject } from './smi-object.ts';

const specSchema = z.object({
  schemes: z.object({
    podLabelSelectors: z.array(z.unknown()).nullish(),
    podLabelSelector: z.unknown().optional(),
    spiffeIdentities: z.array(z.unknown()).nullish(),
    serviceAccount: z.string().nullish(),
  }),
});

/** Strict in what selects: a condition that is not understood must not be left away, for then it would select more. */
const selectorSchema = z
  .strictObject(
    {
      name: z.string().nullish(),
      matchLabels: z
        .record(z.string(), z.string())
        .refine((labels) => Object.keys(labels).length > 0, 'must have a label, as otherwise every pod is selected'),
    },
    { error: (issue) => (issue.code === 'unrecognized_keys' ? `cannot have ${issue.keys.join(', ')}` : undefined) },
  )
  .transform(({ matchLabels }) => matchLabels);

const identitySchema = z.string().transform((identity) => identity.replace(/^spiffe:\/\//, ''));

/**
 * Decodes an IdentityBinding. The draft's text has a list `podLabelSelectors`, the CRD that came with it one
 * `podLabelSelector`: both are read. A scheme that cannot be read names nobody.
 */
export function decodeIdentityBinding(
  { meta, body }: SmiObject,
  flaws: SmiFlaw[],
): Result<IdentityBinding, readonly Flaw[]> {
  const parsed = parseBy(specSchema, body['spec'], 'spec');
  if (!parsed.ok) return parsed;
  const { podLabelSelectors, podLabelSelector, spiffeIdentities, serviceAccount } = parsed.value.schemes;
  const field = 'spec.schemes';
  const one =
    podLabelSelector === undefined || podLabelSelector === null
      ? undefined
      : readPart(selectorSchema, podLabelSelector, fieldPath(field, 'podLabelSelector'), flaws);
  const several = readEach(selectorSchema, podLabelSelectors ?? [], fieldPath(field, 'podLabelSelectors'), flaws);
  const podSelectors = [...(one === undefined ? [] : [one]), ...several];
  // "Mutually exclusive": with both there is no telling which of them was meant, so neither names anybody.
  const selectorsWritten = (podLabelSelector ?? undefined) !== undefined || (podLabelSelectors ?? []).length > 0;
  const ambiguous = selectorsWritten && Boolean(serviceAccount);
  if (ambiguous) {
    const message = 'excludes a pod label selector, and the object has both; neither names anybody';
    flaws.push(errorAt(fieldPath(field, 'serviceAccount'), message, 'InvalidIdentityBinding'));
  }
  return ok({
    meta,
    podSelectors: ambiguous ? [] : podSelectors,
    spiffeIdentities: readEach(identitySchema, spiffeIdentities ?? [], fieldPath(field, 'spiffeIdentities'), flaws),
    serviceAccount: ambiguous ? undefined : serviceAccount || undefined,
  });
}

export const identityBindingConversion: KindConversion = { ...oneSpelling, kept: [] };
