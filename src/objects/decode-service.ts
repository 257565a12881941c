import { z } from 'zod';
import { ok, type Result } from '../lib/result.ts';
import type { Service } from './core.ts';
import { decodeMeta } from './decode-meta.ts';
import {
  type Flaw,
  listOf,
  optional,
  optionalName,
  parseBy,
  portNumber,
  stringMap,
  transportProtocol,
} from './decoding.ts';

/** The cluster IP of a Service that has none on purpose: its clients dial its endpoints. */
const none = 'None';

const targetPort = z.union([z.int(), z.string()], 'must be a port number or the name of a container port').nullish();

const specSchema = z
  .object({
    type: optional(z.string()),
    clusterIP: optional(z.string()),
    clusterIPs: listOf(z.string()),
    externalName: optionalName,
    selector: stringMap,
    publishNotReadyAddresses: optional(z.boolean()),
    ports: listOf(
      z.object({
        name: optionalName,
        port: portNumber,
        targetPort,
        protocol: transportProtocol,
        appProtocol: optionalName,
      }),
    ),
  })
  .nullish();

/** Decodes a `v1` Service. */
export function decodeService(object: Readonly<Record<string, unknown>>): Result<Service, readonly Flaw[]> {
  const meta = decodeMeta(object);
  if (!meta.ok) return meta;
  const parsed = parseBy(specSchema, object['spec'], 'spec');
  if (!parsed.ok) return parsed;
  const spec = parsed.value;
  const written = spec?.clusterIPs.length ? spec.clusterIPs : spec?.clusterIP === undefined ? [] : [spec.clusterIP];
  return ok({
    meta: meta.value.meta,
    clusterIPs: written.filter((ip) => ip !== none && ip !== ''),
    headless: written.includes(none),
    externalName: spec?.type === 'ExternalName' ? spec.externalName : undefined,
    selector: spec === undefined || spec === null || isEmpty(spec.selector) ? undefined : spec.selector,
    publishNotReadyAddresses: spec?.publishNotReadyAddresses ?? false,
    ports: (spec?.ports ?? []).map(({ name, port, targetPort, protocol, appProtocol }) => ({
      name,
      port,
      targetPort: resolveTargetPort(targetPort, port),
      protocol,
      appProtocol,
    })),
  });
}

/** Unset, 0 and empty mean the port itself. A number in quotes is a number: no container port's name is all digits. */
function resolveTargetPort(written: number | string | null | undefined, port: number): number | string {
  if (!written) return port;
  return typeof written === 'string' && /^[0-9]+$/.test(written) ? Number(written) : written;
}

const isEmpty = (map: Readonly<Record<string, string>>): boolean => Object.keys(map).length === 0;
