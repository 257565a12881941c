import { isJsonMap, withKey } from '../lib/json.ts';
import { fieldPath } from '../objects/decoding.ts';
import { type SmiFlaw, warningAt } from './flaw.ts';
import type { Body } from './kind-conversion.ts';

/** A field that older versions have at the top of the object, and later ones under `spec`, maybe by another name. */
export interface Place {
  readonly top: string;
  readonly spec: string;
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

const specOf = (body: Body): Body => (isJsonMap(body['spec']) ? body['spec'] : {});

/**
 * Where the field stands, in whatever version: the public conformance suite writes v1alpha4 objects with fields at the
 * top, and an API server that does not convert serves one version's spelling as another (rule R5). Where it stands in
 * both places, `spec` counts, whichever the version: an object must not change its meaning with the version it is read
 * in (rule R1).
 */
export function locate(
  body: Body,
  place: Place,
  flaws: SmiFlaw[] = [],
): { readonly field: string; readonly value: unknown } {
  const [inSpec, atTop] = [specOf(body)[place.spec], body[place.top]];
  const field = fieldPath('spec', place.spec);
  if (!isPresent(inSpec) && isPresent(atTop)) return { field: place.top, value: atTop };
  if (isPresent(inSpec) && isPresent(atTop)) flaws.push(warningAt(place.top, `is ignored, because of ${field}`));
  return { field, value: inSpec };
}

/** The body with another value in the field, where it stands. */
export function replaceAt(body: Body, place: Place, value: unknown): Body {
  return isPresent(specOf(body)[place.spec])
    ? { ...body, spec: { ...specOf(body), [place.spec]: value } }
    : { ...body, [place.top]: value };
}

export const moveUnderSpec = (body: Body, places: readonly Place[]): Body =>
  places.reduce((moved, place) => {
    const value = moved[place.top];
    if (!isPresent(value) || isPresent(specOf(moved)[place.spec]) || !hasRoomForSpec(moved)) return moved;
    return { ...withKey(moved, place.top, undefined), spec: { ...specOf(moved), [place.spec]: value } };
  }, body);

export const moveToTop = (body: Body, places: readonly Place[]): Body =>
  places.reduce((moved, place) => {
    const value = specOf(moved)[place.spec];
    if (!isPresent(value)) return moved;
    const rest = withKey(specOf(moved), place.spec, undefined);
    return { ...withKey(moved, 'spec', Object.keys(rest).length === 0 ? undefined : rest), [place.top]: value };
  }, body);

const hasRoomForSpec = (body: Body): boolean => !isPresent(body['spec']) || isJsonMap(body['spec']);
