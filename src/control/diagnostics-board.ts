import { byDiagnostic, type Diagnostic, formatDiagnostic } from '../diagnostics/diagnostic.ts';
import { memoizeByIdentity, sameElements } from '../lib/memo.ts';

export interface BoardChange {
  readonly appeared: readonly Diagnostic[];
  readonly cleared: readonly Diagnostic[];
}

const noChange: BoardChange = { appeared: [], cleared: [] };

/** All that is wrong now, whoever found it; so that each thing is said once when it appears and once when it is gone. */
export class DiagnosticsBoard<Finder extends string> {
  readonly #found = new Map<Finder, readonly Diagnostic[]>();
  #current: ReadonlyMap<string, Diagnostic> = new Map();

  /** Replaces what one finder has found. What two of them found alike stays as long as one of them finds it. */
  post(finder: Finder, diagnostics: readonly Diagnostic[]): BoardChange {
    const before = this.#found.get(finder) ?? [];
    if (sameElements(before, diagnostics)) return noChange;
    this.#found.set(finder, diagnostics);
    const current = new Map<string, Diagnostic>();
    for (const found of this.#found.values()) {
      for (const diagnostic of found) current.set(keyOf(diagnostic), diagnostic);
    }
    const change = { appeared: without(current, this.#current), cleared: without(this.#current, current) };
    this.#current = current;
    return change;
  }

  /** Sorted by object. */
  current(): readonly Diagnostic[] {
    return [...this.#current.values()].sort(byDiagnostic);
  }
}

/** Most diagnostics are the same objects as after the change before. */
const keyOf = memoizeByIdentity((diagnostic: Diagnostic) => `${diagnostic.severity} ${formatDiagnostic(diagnostic)}`);

const without = (all: ReadonlyMap<string, Diagnostic>, those: ReadonlyMap<string, Diagnostic>): Diagnostic[] =>
  [...all].filter(([key]) => !those.has(key)).map(([, diagnostic]) => diagnostic);
