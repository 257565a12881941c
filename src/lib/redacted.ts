/**
 * A value that prints as `[redacted]` wherever it ends up: in logs, dumps, JSON and error messages. Only `reveal`,
 * which is easy to search for, gives it away.
 */
export class Redacted<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  /** What `console.log` and `util.inspect` show. https://nodejs.org/api/util.html#utilinspectcustom */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]';
  }
}
