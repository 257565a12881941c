/** A mesh model as plain JSON values, for people: references in one word, maps by their keys. */
import { type ObjectRef, refKey } from '../objects/object-ref.ts';
import type { MeshModel } from './model.ts';

export const printMesh = ({ services, workloads, reach }: MeshModel): unknown => print({ services, workloads, reach });

function print(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [String(key), print(member)]));
  if (value instanceof Set) return [...value].map(print);
  if (Array.isArray(value)) return value.map(print);
  if (typeof value !== 'object' || value === null) return value;
  if (isRef(value)) return refKey(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, print(member)]),
  );
}

const refFields = ['group', 'kind', 'namespace', 'name'];

const isRef = (value: object): value is ObjectRef => {
  const fields = Object.keys(value);
  return fields.length === refFields.length && refFields.every((field) => field in value);
};
