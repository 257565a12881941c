import { byDiagnostic, type Diagnostic, formatDiagnostic } from '../diagnostics/diagnostic.ts';
import { styleOf } from './style.ts';
import type { Output } from './terminal.ts';

/** Tells each problem in a line of its own, and how many there are. */
export function writeDiagnostics(out: Output, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const { bad, warn } = styleOf(out);
  for (const diagnostic of [...diagnostics].sort(byDiagnostic)) {
    const severity = diagnostic.severity === 'error' ? bad('error') : warn('warning');
    out.write(`${severity}: ${formatDiagnostic(diagnostic)}\n`);
  }
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  out.write(`${count(errors, 'error')}, ${count(diagnostics.length - errors, 'warning')}\n`);
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error');

export const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;
