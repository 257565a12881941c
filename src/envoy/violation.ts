import type { RuleViolation } from '../gen/validators.ts';

/** Why Envoy would reject a message, and where: `virtual_hosts[0].domains`, in Envoy's own field names. */
export type Violation = Readonly<RuleViolation>;

/** Where checks put what they find. Paths are relative to the message that is checked. */
export type Violations = RuleViolation[];

/** The positions at which a value comes that came before. */
export function repeated<T>(values: readonly T[]): readonly number[] {
  const seen = new Set<T>();
  return values.flatMap((value, index) => {
    if (seen.has(value)) return [index];
    seen.add(value);
    return [];
  });
}
