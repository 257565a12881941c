import { isJsonMap, type JsonMap, withKey } from '../lib/json.ts';

/**
 * The two annotations by which conversion remembers. `kept-fields` has the fields that the object's version has no word
 * for; `as-written` the object as it was spelled in another version, where that was not that version's usual spelling.
 */
export const keptFieldsAnnotation = 'smi-envoy.io/kept-fields';
export const asWrittenAnnotation = 'smi-envoy.io/as-written';

export type ConversionAnnotation = typeof keptFieldsAnnotation | typeof asWrittenAnnotation;

const annotationsOf = (object: JsonMap): JsonMap => {
  const metadata = object['metadata'];
  return isJsonMap(metadata) && isJsonMap(metadata['annotations']) ? metadata['annotations'] : {};
};

/** What the annotation says, or `undefined` where it is missing or anything but a JSON map. */
export function readAnnotation(object: JsonMap, name: ConversionAnnotation): JsonMap | undefined {
  const text = annotationsOf(object)[name];
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const hasAnnotation = (object: JsonMap, name: ConversionAnnotation): boolean =>
  Object.hasOwn(annotationsOf(object), name);

/**
 * The metadata with these annotations and nothing else changed: the API server refuses a conversion that touches more.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#response
 */
export function annotatedMetadata(
  object: JsonMap,
  annotations: Readonly<Record<ConversionAnnotation, JsonMap | undefined>>,
): unknown {
  const before = annotationsOf(object);
  let after = before;
  for (const name of [keptFieldsAnnotation, asWrittenAnnotation] as const) {
    const value = annotations[name] === undefined ? undefined : JSON.stringify(annotations[name]);
    if (before[name] !== value) after = withKey(after, name, value);
  }
  if (after === before) return object['metadata'];
  const metadata = isJsonMap(object['metadata']) ? object['metadata'] : {};
  return withKey(metadata, 'annotations', Object.keys(after).length === 0 ? undefined : after);
}
