/** Freezes a value and all that is in it, maps and sets too: whoever changes it throws. Bytes cannot be frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const member of value instanceof Map ? [...value.keys(), ...value.values()] : value) deepFreeze(member);
    const refuse = () => {
      throw new TypeError('This collection is frozen');
    };
    for (const method of ['set', 'add', 'delete', 'clear']) {
      if (method in value) Object.defineProperty(value, method, { value: refuse });
    }
  }
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
