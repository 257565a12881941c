import { z } from 'zod';
import { isJsonMap } from '../lib/json.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { type Flaw, fieldPath, parseBy } from '../objects/decoding.ts';
import { errorAt, readEach, type SmiFlaw } from './flaw.ts';
import type { Body, KindConversion } from './kind-conversion.ts';
import type { TrafficSplit } from './model.ts';
import type { SmiObject } from './smi-object.ts';
import { readWeight, wholeWeights } from './weights.ts';

/** A backend that names no service makes the whole split invalid: without it, the others would share its traffic. */
const backendSchema = z.object({ service: z.string().min(1, 'must name a service') });

const specSchema = z.object({
  service: z.string().min(1, 'must name a service'),
  backends: z.array(z.looseObject(backendSchema.shape)),
  matches: z.array(z.unknown()).nullish(),
});

const matchSchema = z.object({
  kind: z.literal('HTTPRouteGroup', 'must be HTTPRouteGroup'),
  name: z.string().min(1, 'must name a route group'),
});

/** Decodes a TrafficSplit of any version. A weight that cannot be read counts as 0. */
export function decodeTrafficSplit(
  { version, meta, body }: SmiObject,
  flaws: SmiFlaw[],
): Result<TrafficSplit, readonly Flaw[]> {
  const parsed = parseBy(specSchema, body['spec'], 'spec');
  if (!parsed.ok) return parsed;
  const spec = parsed.value;
  const written = spec.matches ?? [];
  const matches = readEach(matchSchema, written, 'spec.matches', flaws).map(({ name }) => name);
  // No match at all means every request: what was meant to be a part must never become the whole.
  if (matches.length === 0 && written.length > 0) {
    return err([{ field: 'spec.matches', message: 'has no match that can be understood' }]);
  }
  return ok({ meta, service: spec.service, backends: readBackends(spec.backends, version, flaws), matches });
}

function readBackends(
  backends: readonly { readonly service: string; readonly [field: string]: unknown }[],
  version: string,
  flaws: SmiFlaw[],
): TrafficSplit['backends'] {
  const milliWeights = backends.map((backend, i) => {
    const weight = readWeight(backend['weight'], version);
    if ('milli' in weight) return weight.milli;
    flaws.push(errorAt(`${fieldPath('spec.backends', i)}.weight`, weight.flaw, 'InvalidWeight'));
    return 0n;
  });
  const weights = wholeWeights(milliWeights);
  return backends.map(({ service }, i) => ({ service, weight: weights[i] ?? 0 }));
}

/**
 * v1alpha1 weighs by quantities, later versions by whole numbers. What is no valid weight is left as it stands, to be
 * wrong in the other version too.
 */
export const trafficSplitConversion: KindConversion = {
  olderSpelling: ['v1alpha1'],
  toStorage: (body) =>
    mapWeights(body, (weights) => {
      const read = weights.map((weight) => (weight === null ? undefined : milliOf(readWeight(weight, 'v1alpha1'))));
      const whole = wholeWeights(read.map((milli) => milli ?? 0n));
      return weights.map((weight, i) => (read[i] === undefined ? weight : whole[i]));
    }),
  fromStorage: (body) =>
    mapWeights(body, (weights) =>
      weights.map((weight) => {
        if (typeof weight !== 'number' || weight < 0) return weight;
        // A fraction is wrong in this version and counts as 0, and would be a valid quantity in v1alpha1.
        return Number.isInteger(weight) ? String(weight) : '0';
      }),
    ),
  kept: [
    {
      // A client of v1alpha1 or v1alpha2 sees a split of all requests. What it writes goes on to hold for the requests
      // that match, and no others.
      name: 'spec.matches',
      unsayableIn: ['v1alpha1', 'v1alpha2'],
      take: ({ spec }) => (isJsonMap(spec) ? (spec['matches'] ?? undefined) : undefined),
      restore: (body, kept) => {
        const spec = body['spec'];
        return isJsonMap(spec) && (spec['matches'] ?? undefined) === undefined
          ? { ...body, spec: { ...spec, matches: kept } }
          : body;
      },
    },
  ],
};

const milliOf = (weight: ReturnType<typeof readWeight>): bigint | undefined =>
  'milli' in weight ? weight.milli : undefined;

/** The body with other weights. A backend without one, or that is not even a map, is passed by. */
function mapWeights(body: Body, map: (weights: readonly unknown[]) => readonly unknown[]): Body {
  const spec = body['spec'];
  if (!isJsonMap(spec) || !Array.isArray(spec['backends'])) return body;
  const backends: readonly unknown[] = spec['backends'];
  const weighted = backends.filter((backend) => isJsonMap(backend) && backend['weight'] !== undefined);
  const weights = map(weighted.map((backend) => (backend as Body)['weight']));
  const mapped = new Map(weighted.map((backend, i) => [backend, { ...(backend as Body), weight: weights[i] }]));
  return { ...body, spec: { ...spec, backends: backends.map((backend) => mapped.get(backend) ?? backend) } };
}
