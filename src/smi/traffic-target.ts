import { z } from 'zod';
import { isJsonMap } from '../lib/json.ts';
import { ok, type Result } from '../lib/result.ts';
import { createSharing } from '../lib/sharing.ts';
import { type Flaw, fieldPath, nameOfType, parseBy, portNumber } from '../objects/decoding.ts';
import { errorAt, readEach, readPart, type SmiFlaw } from './flaw.ts';
import type { Body, KindConversion } from './kind-conversion.ts';
import type { Subject, TrafficTarget } from './model.ts';
import { locate, moveToTop, moveUnderSpec, type Place, replaceAt } from './places.ts';
import type { SmiObject } from './smi-object.ts';

const destinationPlace: Place = { top: 'destination', spec: 'destination' };
/** v1alpha2 renamed them. */
const rulesPlace: Place = { top: 'specs', spec: 'rules' };
const sourcesPlace: Place = { top: 'sources', spec: 'sources' };

const subjectKind = z.enum(['ServiceAccount', 'IdentityBinding'], 'must be ServiceAccount or IdentityBinding');

const subjectSchema = z.object({
  kind: subjectKind,
  name: z.string().min(1, 'must not be empty'),
  namespace: z.string().nullish(),
});

/** The public conformance suite writes its port as a string. */
const portSchema = z
  .union(
    [
      z
        .string()
        .regex(/^[0-9]{1,5}$/)
        .transform(Number),
      z.number(),
    ],
    'must be a port number',
  )
  .pipe(portNumber);

const destinationSchema = subjectSchema.extend({ port: portSchema.nullish() });

const ruleKind = z.enum(['HTTPRouteGroup', 'TCPRoute', 'UDPRoute'], 'must be HTTPRouteGroup, TCPRoute or UDPRoute');

const ruleSchema = z.object({
  kind: ruleKind,
  name: z.string().min(1, 'must name a route'),
  matches: z.array(z.unknown()).nullish(),
});

/** The same callers are let in by many targets. */
const share = createSharing();

/**
 * Decodes a TrafficTarget of any version. A source or rule that cannot be read allows nothing; a destination that cannot
 * makes the whole object invalid, as it says what the rest is about.
 */
export function decodeTrafficTarget(
  { meta, body }: SmiObject,
  flaws: SmiFlaw[],
): Result<TrafficTarget, readonly Flaw[]> {
  const written = locate(body, destinationPlace, flaws);
  const unnamed: z.output<typeof destinationSchema> = { kind: 'ServiceAccount', name: '' };
  const parsed = namesNothing(written.value) ? ok(unnamed) : parseBy(destinationSchema, written.value, written.field);
  if (!parsed.ok) return parsed;
  const subject = ({ kind, name, namespace }: z.output<typeof subjectSchema>): Subject =>
    share({ kind, namespace: namespace || meta.namespace, name });
  const rules = readList(locate(body, rulesPlace, flaws), flaws);
  const sources = readList(locate(body, sourcesPlace, flaws), flaws);
  return ok({
    meta,
    destination: subject(parsed.value),
    destinationPort: parsed.value.port ?? undefined,
    rules: rules.list.map((rule, i) => readRule(rule, fieldPath(rules.field, i), flaws)),
    sources: readEach(subjectSchema, sources.list, sources.field, flaws).map(subject),
  });
}

const namesNothing = (destination: unknown): boolean =>
  destination === undefined || destination === null || (isJsonMap(destination) && !destination['name']);

function readList(
  { field, value }: { readonly field: string; readonly value: unknown },
  flaws: SmiFlaw[],
): { readonly field: string; readonly list: readonly unknown[] } {
  if (Array.isArray(value)) return { field, list: value };
  if (value !== undefined && value !== null) {
    flaws.push(errorAt(field, `must be a list, not ${nameOfType(value)}; nothing is allowed`));
  }
  return { field, list: [] };
}

/** See `TrafficTarget.rules` for what becomes of a rule that cannot be read. */
function readRule(raw: unknown, field: string, flaws: SmiFlaw[]): TrafficTarget['rules'][number] {
  const rule = readPart(ruleSchema, raw, field, flaws);
  if (rule === undefined) {
    const kind = ruleKind.safeParse(isJsonMap(raw) ? raw['kind'] : undefined);
    return { kind: kind.success ? kind.data : 'TCPRoute', name: '', matches: undefined };
  }
  const { kind, name, matches } = rule;
  return {
    kind,
    name,
    matches: matches ? readEach(z.string(), matches, fieldPath(field, 'matches'), flaws) : undefined,
  };
}

const places = [destinationPlace, rulesPlace, sourcesPlace];

/** v1alpha1 has no `spec`, and calls the rules `specs`. */
export const trafficTargetConversion: KindConversion = {
  olderSpelling: ['v1alpha1'],
  toStorage: (body) => moveUnderSpec(body, places),
  fromStorage: (body) => moveToTop(body, places),
  kept: [
    {
      // v1alpha3 took the port away, and without it the object allows every port (rule R3). A client of v1alpha3 or
      // v1alpha4 sees a field it does not know, or none: the restriction holds all the same, until the annotation goes.
      name: 'destination.port',
      unsayableIn: ['v1alpha3', 'v1alpha4'],
      take: (body) => portOf(destinationOf(body)),
      restore: (body, kept) => {
        const destination = destinationOf(body);
        return destination === undefined || portOf(destination) !== undefined
          ? body
          : replaceAt(body, destinationPlace, { ...destination, port: kept });
      },
    },
  ],
};

const destinationOf = (body: Body): Body | undefined => {
  const { value } = locate(body, destinationPlace);
  return isJsonMap(value) ? value : undefined;
};

const portOf = (destination: Body | undefined): unknown => destination?.['port'] ?? undefined;
