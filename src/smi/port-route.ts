import { z } from 'zod';
import { isJsonMap } from '../lib/json.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { type Flaw, parseBy, portNumber } from '../objects/decoding.ts';
import { readEach, type SmiFlaw } from './flaw.ts';
import { type KindConversion, oneSpelling } from './kind-conversion.ts';
import type { PortRoute } from './model.ts';
import type { SmiObject } from './smi-object.ts';

const specSchema = z.object({ matches: z.object({ ports: z.array(z.unknown()).nullish() }).nullish() }).nullish();

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

/** Decodes a TCPRoute or UDPRoute of any version. A port that cannot be read is left out. */
export function decodePortRoute({ meta, body }: SmiObject, flaws: SmiFlaw[]): Result<PortRoute, readonly Flaw[]> {
  const parsed = parseBy(specSchema, body['spec'], 'spec');
  if (!parsed.ok) return parsed;
  const written = parsed.value?.matches?.ports ?? [];
  const ports = readEach(portSchema, written, 'spec.matches.ports', flaws);
  // No port at all means every port.
  if (ports.length === 0 && written.length > 0) {
    return err([{ field: 'spec.matches.ports', message: 'has no port that can be understood' }]);
  }
  return ok({ meta, ports });
}

export const portRouteConversion: KindConversion = {
  ...oneSpelling,
  kept: [
    {
      // Versions before v1alpha4 have no ports, and there a route is for every port (rule R3). So a client of theirs
      // sees a route for every port, with a field it does not know; what it may do with the route, the ports survive.
      name: 'spec.matches',
      unsayableIn: ['v1alpha1', 'v1alpha2', 'v1alpha3'],
      take: ({ spec }) => (isJsonMap(spec) ? (spec['matches'] ?? undefined) : undefined),
      restore: (body, kept) => {
        const spec = body['spec'] ?? {};
        return isJsonMap(spec) && (spec['matches'] ?? undefined) === undefined
          ? { ...body, spec: { ...spec, matches: kept } }
          : body;
      },
    },
  ],
};
