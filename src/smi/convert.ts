import { isJsonMap, type JsonMap, sameJson } from '../lib/json.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { nameOfType } from '../objects/decoding.ts';
import { annotatedMetadata, asWrittenAnnotation, keptFieldsAnnotation, readAnnotation } from './annotations.ts';
import { httpRouteGroupConversion } from './http-route-group.ts';
import { identityBindingConversion } from './identity-binding.ts';
import type { Body, KindConversion } from './kind-conversion.ts';
import { type SmiKind, smiKinds } from './kinds.ts';
import { portRouteConversion } from './port-route.ts';
import { completeBody } from './smi-object.ts';
import { trafficSplitConversion } from './traffic-split.ts';
import { trafficTargetConversion } from './traffic-target.ts';

export const conversions: { readonly [K in SmiKind['kind']]: KindConversion } = {
  TrafficSplit: trafficSplitConversion,
  TrafficTarget: trafficTargetConversion,
  IdentityBinding: identityBindingConversion,
  HTTPRouteGroup: httpRouteGroupConversion,
  TCPRoute: portRouteConversion,
  UDPRoute: portRouteConversion,
};

/**
 * Converts a raw SMI object to another version of its kind: `split.smi-spec.io/v1alpha1`, say. It means the same in
 * every version, and nothing of it is lost or put in other words on the way there and back:
 *
 * - what the versions spell differently is spelled anew. Where that would not come back as it was written (`500m` and
 *   `1`, or a field in another version's place), the object as written is noted in an annotation; it comes back as long
 *   as nobody has changed what it became, and else the change counts;
 * - what the version has no word for stays where it stands, and is noted in an annotation too (see `KeptField`).
 *
 * Nothing else of `spec`, nothing of `status`, and of `metadata` only those two annotations are touched; what did not
 * change is shared with the input. The error is a sentence for the person whose request it was.
 */
export function convert(object: unknown, toApiVersion: string): Result<JsonMap, string> {
  if (!isJsonMap(object)) return err(`an object must be a map, not ${nameOfType(object)}`);
  const fromApiVersion = object['apiVersion'];
  if (fromApiVersion === toApiVersion) return ok(object);
  const from = findVersion(object['kind'], fromApiVersion);
  const to = findVersion(object['kind'], toApiVersion);
  if (from === undefined || to === undefined) {
    return err(`cannot convert ${String(object['kind'])} from ${String(fromApiVersion)} to ${toApiVersion}`);
  }
  const conversion = conversions[from.kind];
  const complete = completeBody(object, from.version, conversion);
  const { body, asWritten } = respell(complete, from.version, to.version, conversion, readAsWritten(object));
  const metadata = annotatedMetadata(object, {
    [keptFieldsAnnotation]: keptFor(body, to.version, conversion),
    [asWrittenAnnotation]: asWritten === undefined ? undefined : { ...asWritten },
  });
  return ok({
    apiVersion: toApiVersion,
    kind: object['kind'],
    ...(metadata === undefined ? {} : { metadata }),
    ...body,
    ...('status' in object ? { status: object['status'] } : {}),
  });
}

function findVersion(
  kind: unknown,
  apiVersion: unknown,
): { readonly kind: SmiKind['kind']; readonly version: string } | undefined {
  const row = Object.values(smiKinds).find((each) => each.kind === kind);
  const version = row?.versions.find((each) => `${row.group}/${each}` === apiVersion);
  return row === undefined || version === undefined ? undefined : { kind: row.kind, version };
}

/** An object as it was written in one of the two spellings, where it would not come back so by itself. */
interface AsWritten {
  readonly version: string;
  readonly body: Body;
}

function readAsWritten(object: JsonMap): AsWritten | undefined {
  const note = readAnnotation(object, asWrittenAnnotation);
  if (note === undefined) return undefined;
  const { version, body } = note;
  return typeof version === 'string' && isJsonMap(body) ? { version, body } : undefined;
}

function respell(
  body: Body,
  from: string,
  to: string,
  conversion: KindConversion,
  asWritten: AsWritten | undefined,
): { readonly body: Body; readonly asWritten: AsWritten | undefined } {
  const isOlder = (version: string): boolean => conversion.olderSpelling.includes(version);
  if (isOlder(from) === isOlder(to)) return { body, asWritten };
  const { toStorage, fromStorage } = conversion;
  const [there, back] = isOlder(to) ? [fromStorage, toStorage] : [toStorage, fromStorage];
  if (asWritten !== undefined && isOlder(asWritten.version) === isOlder(to) && sameJson(back(asWritten.body), body)) {
    return { body: asWritten.body, asWritten: undefined };
  }
  const respelled = there(body);
  return {
    body: respelled,
    asWritten: sameJson(back(respelled), body) ? undefined : { version: from, body },
  };
}

function keptFor(body: Body, version: string, { kept }: KindConversion): JsonMap | undefined {
  const notes = kept
    .filter(({ unsayableIn }) => unsayableIn.includes(version))
    .map(({ name, take }) => [name, take(body)] as const)
    .filter(([, value]) => value !== undefined);
  return notes.length === 0 ? undefined : Object.fromEntries(notes);
}
