import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { ReasonCode } from '../diagnostics/reason-codes.ts';
import { isJsonMap, type JsonMap } from '../lib/json.ts';
import { ok, type Result } from '../lib/result.ts';
import { decodeEndpointSlice } from '../objects/decode-endpoint-slice.ts';
import { defaultNamespace } from '../objects/decode-meta.ts';
import { decodeNamespace } from '../objects/decode-namespace.ts';
import { decodePod } from '../objects/decode-pod.ts';
import { decodeService } from '../objects/decode-service.ts';
import { decodeServiceAccount } from '../objects/decode-service-account.ts';
import { type Flaw, nameOfType } from '../objects/decoding.ts';
import { type ApiGroup, type NamespacedName, namespacedName, type ObjectRef } from '../objects/object-ref.ts';
import { decodeSmi } from '../smi/decode-smi.ts';
import type { SmiFlaw } from '../smi/flaw.ts';
import type { ObjectChange, ObjectKind, ObjectsByKind } from './cluster-state.ts';
import { apiVersionOf, type Resource, resources } from './resources.ts';

/** What becomes of one raw object. */
export type Decoded =
  /** It was understood; what of its parts was not is among the problems. */
  | { readonly outcome: 'object'; readonly change: ObjectChange; readonly problems: readonly Diagnostic[] }
  /**
   * It is of a kind that is read, but was not understood; its last good state stays. Which object it is, is said as far
   * as it can be told.
   */
  | {
      readonly outcome: 'invalid';
      readonly kind: ObjectKind | undefined;
      readonly key: NamespacedName | undefined;
      readonly problems: readonly Diagnostic[];
    }
  /** It is of a kind that is not read. */
  | { readonly outcome: 'ignored' };

/**
 * Decodes one raw object, as parsed from JSON or YAML. It is never changed and not held on to: what is kept of it is
 * copied. `location` is where it was read, and goes into the problems.
 */
export function decodeObject(raw: unknown, location?: string): Decoded {
  if (raw === null || raw === undefined) return { outcome: 'ignored' };
  if (!isJsonMap(raw)) {
    return invalid(
      unknownObject,
      undefined,
      [{ field: '', message: `must be a map, not ${nameOfType(raw)}` }],
      location,
    );
  }
  const { apiVersion, kind } = raw;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    const field = typeof kind === 'string' ? 'apiVersion' : 'kind';
    const ref = refOf(raw, '', typeof kind === 'string' ? kind : 'object');
    return invalid(ref, undefined, [{ field, message: 'is required: a string' }], location);
  }
  const [group, version] = splitApiVersion(apiVersion);
  const resource = resources.find((each) => each.kind === kind && each.group === group);
  if (resource !== undefined) return decodeResource(resource, version, raw, location);
  if (!isSmiGroup(group)) return { outcome: 'ignored' };
  const message = `is no kind of ${group}; the object is ignored`;
  return invalid(refOf(raw, group, kind), undefined, [{ field: 'kind', message }], location);
}

/**
 * Decodes an object that is known to be of a resource and version, as those of a list are, which say neither themselves.
 */
export function decodeResource(resource: Resource, version: string, raw: JsonMap, location?: string): Decoded {
  const { kind, group, versions, namespaced } = resource;
  const ref = refOf(raw, group, kind, namespaced);
  if (!versions.includes(version)) {
    const message = `is not read; these are: ${versions.map((each) => apiVersionOf(group, each)).join(', ')}`;
    return invalid(ref, kind, [{ field: 'apiVersion', message, reason: 'UnsupportedVersion' }], location);
  }
  const decoded = decoders[kind](version, raw);
  if (!decoded.ok) return invalid(ref, kind, decoded.error, location);
  const { object, flaws } = decoded.value;
  const key = namespacedName(object.meta.namespace, object.meta.name);
  return {
    outcome: 'object',
    // A decoder gives the object of its own kind, which TypeScript cannot follow from key to value.
    change: { kind, key, object } as ObjectChange,
    problems: flaws.map((flaw) => diagnosticOf(flaw, ref, location)),
  };
}

/** An object, and the way to it from the document it stands in. */
export interface PlacedObject {
  readonly object: unknown;
  readonly path: readonly (string | number)[];
}

/**
 * The objects in a document: those of a `List`, or of a kind's own list such as `TrafficSplitList`, or the document
 * itself.
 */
export function placedObjectsIn(document: unknown, path: PlacedObject['path'] = []): readonly PlacedObject[] {
  if (!isJsonMap(document)) return [{ object: document, path }];
  const { apiVersion, kind, items } = document;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [{ object: document, path }];
  const itemKind = kind.slice(0, -'List'.length);
  return items.flatMap((item: unknown, index) => {
    const itemPath = [...path, 'items', index];
    if (kind === 'List') return placedObjectsIn(item, itemPath);
    return [{ object: isJsonMap(item) ? { apiVersion, kind: itemKind, ...item } : item, path: itemPath }];
  });
}

/** `placedObjectsIn`, for those who need not know where. */
export const objectsIn = (document: unknown): readonly unknown[] =>
  placedObjectsIn(document).map(({ object }) => object);

type Decoder<K extends ObjectKind> = (
  version: string,
  raw: JsonMap,
) => Result<{ readonly object: ObjectsByKind[K]; readonly flaws: readonly SmiFlaw[] }, readonly Flaw[]>;

const wholly =
  <T>(decode: (raw: JsonMap) => Result<T, readonly Flaw[]>) =>
  (_version: string, raw: JsonMap): Result<{ readonly object: T; readonly flaws: readonly [] }, readonly Flaw[]> => {
    const decoded = decode(raw);
    return decoded.ok ? ok({ object: decoded.value, flaws: [] }) : decoded;
  };

const decoders: { readonly [K in ObjectKind]: Decoder<K> } = {
  Namespace: wholly(decodeNamespace),
  ServiceAccount: wholly(decodeServiceAccount),
  Service: wholly(decodeService),
  EndpointSlice: wholly(decodeEndpointSlice),
  Pod: wholly(decodePod),
  TrafficSplit: (version, raw) => decodeSmi('TrafficSplit', version, raw),
  TrafficTarget: (version, raw) => decodeSmi('TrafficTarget', version, raw),
  IdentityBinding: (version, raw) => decodeSmi('IdentityBinding', version, raw),
  HTTPRouteGroup: (version, raw) => decodeSmi('HTTPRouteGroup', version, raw),
  TCPRoute: (version, raw) => decodeSmi('TCPRoute', version, raw),
  UDPRoute: (version, raw) => decodeSmi('UDPRoute', version, raw),
};

const isSmiGroup = (group: string): group is ApiGroup =>
  resources.some((each) => each.group === group && group.endsWith('.smi-spec.io'));

function splitApiVersion(apiVersion: string): readonly [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

const unknownObject: ObjectRef = { group: '', kind: 'document', namespace: '', name: '' };

/** Names an object that may not be well-formed, as far as that can be told. */
function refOf(raw: JsonMap, group: ApiGroup, kind: string, namespaced = true): ObjectRef {
  const metadata = isJsonMap(raw['metadata']) ? raw['metadata'] : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const namespace = namespaced ? text(metadata['namespace']) || defaultNamespace : '';
  return { group, kind, namespace, name: text(metadata['name']) };
}

function invalid(
  ref: ObjectRef,
  kind: ObjectKind | undefined,
  flaws: readonly (Flaw & { readonly reason?: ReasonCode })[],
  location: string | undefined,
): Decoded {
  return {
    outcome: 'invalid',
    kind,
    key: kind === undefined || ref.name === '' ? undefined : namespacedName(ref.namespace, ref.name),
    problems: flaws.map((flaw) => diagnosticOf({ severity: 'error', reason: 'InvalidObject', ...flaw }, ref, location)),
  };
}

const diagnosticOf = (
  { severity, reason, field, message }: SmiFlaw,
  object: ObjectRef,
  location: string | undefined,
): Diagnostic => ({ severity, reason, object, field, message, ...(location === undefined ? {} : { location }) });
