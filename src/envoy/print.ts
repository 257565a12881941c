/** Envoy's messages as a person reads them, and as Envoy itself reads them back from a file. */
import { type MessageCodec, packedCodec } from './any.ts';
import type { EnvoyResource } from './envoy-resource.ts';
import { resourceTypeTable } from './resource-type.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An Any of a known type becomes its message with an `@type`, as in Envoy's own dumps. */
function expand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expand);
  if (!isObject(value)) return value;
  const { type_url: typeUrl, value: bytes = '' } = value;
  const codec = typeof typeUrl === 'string' && typeof bytes === 'string' ? packedCodec(typeUrl) : undefined;
  if (codec !== undefined) {
    const message = expand(codec.toJSON(codec.decode(Buffer.from(String(bytes), 'base64'))));
    return { '@type': typeUrl, ...(message as object) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, expand(member)]));
}

/** Private keys never leave by way of a print. */
function redact(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { tls_certificate: certificate } = value;
  if (!isObject(certificate)) return value;
  return { ...value, tls_certificate: { ...certificate, private_key: { inline_string: '[redacted]' } } };
}

/** A message as a plain JSON value with Envoy's own field names. */
export const printMessage = <M>(codec: Pick<MessageCodec<M>, 'toJSON'>, message: M): unknown =>
  expand(codec.toJSON(message));

/** A resource's message, as `printMessage`, without its private key if it has one. */
export function printResource(resource: EnvoyResource): unknown {
  const { toJSON } = resourceTypeTable[resource.type] as { toJSON(message: unknown): unknown };
  return redact(printMessage({ toJSON }, resource.message));
}
