import { isJsonMap, type JsonMap } from '../lib/json.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { decodeMeta } from '../objects/decode-meta.ts';
import { type Flaw, nameOfType } from '../objects/decoding.ts';
import type { ObjectMeta } from '../objects/object-meta.ts';
import { asWrittenAnnotation, hasAnnotation, keptFieldsAnnotation, readAnnotation } from './annotations.ts';
import { type SmiFlaw, warningAt } from './flaw.ts';
import type { Body, KindConversion } from './kind-conversion.ts';

/** An SMI object of some version, ready to be decoded: its metadata read, what conversion had kept put back. */
export interface SmiObject {
  readonly version: string;
  readonly meta: ObjectMeta;
  readonly body: Body;
}

export const bodyOf = (object: JsonMap): Body => {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status: _status, ...body } = object;
  return body;
};

/**
 * The object's body with the fields that its version has no word for, where a client of that version dropped them. They
 * count for conversion and for decoding alike, so that access never widens by the way an object has come (rule R3).
 */
export function completeBody(object: JsonMap, version: string, { kept }: KindConversion): Body {
  const notes = readAnnotation(object, keptFieldsAnnotation);
  if (notes === undefined) return bodyOf(object);
  return kept
    .filter(({ name, unsayableIn }) => unsayableIn.includes(version) && Object.hasOwn(notes, name))
    .reduce((body, field) => field.restore(body, notes[field.name]), bodyOf(object));
}

/** Reads what all SMI kinds have in common. */
export function readSmiObject(
  object: JsonMap,
  version: string,
  conversion: KindConversion,
  flaws: SmiFlaw[],
): Result<SmiObject, readonly Flaw[]> {
  const decoded = decodeMeta(object);
  if (!decoded.ok) return decoded;
  const body = completeBody(object, version, conversion);
  const spec = body['spec'];
  if (spec !== undefined && spec !== null && !isJsonMap(spec)) {
    return err([{ field: 'spec', message: `must be a map, not ${nameOfType(spec)}` }]);
  }
  if (hasAnnotation(object, keptFieldsAnnotation) && readAnnotation(object, keptFieldsAnnotation) === undefined) {
    flaws.push(
      warningAt(
        `metadata.annotations[${keptFieldsAnnotation}]`,
        'must be a JSON map; it is ignored',
        'InvalidAnnotation',
      ),
    );
  }
  const { meta } = decoded.value;
  return ok({ version, meta: { ...meta, annotations: withoutOurNotes(meta.annotations) }, body });
}

/** Conversion's notes are read here and by nobody else, and can be as large as the object. */
function withoutOurNotes(annotations: ObjectMeta['annotations']): ObjectMeta['annotations'] {
  const { [keptFieldsAnnotation]: _kept, [asWrittenAnnotation]: _written, ...rest } = annotations;
  return rest;
}
