/** How the tour is told: a paragraph for each step, and a summary. Pure. */

import { type Line, paint, span, wrap } from './style.ts';
import { milliseconds } from './words.ts';

export interface StepResult {
  readonly title: string;
  readonly does: string;
  readonly expects: string;
  readonly saw: string;
  readonly holds: boolean;
  readonly ms: number;
}

export interface ReportOptions {
  readonly width: number;
  readonly color: boolean;
}

export function stepLines(number: number, step: StepResult, { width, color }: ReportOptions): readonly string[] {
  const part = (name: string, text: string, look: 'plain' | 'good' | 'bad'): readonly Line[] =>
    wrap(text, width - 12).map((line, index) => [
      span(index === 0 ? `   ${name.padEnd(9)}` : ' '.repeat(12), 'faint'),
      span(line, look),
    ]);
  const lines: readonly Line[] = [
    [verdict(step.holds), span(` ${number}. ${step.title}`, 'strong'), span(`  ${milliseconds(step.ms)}`, 'faint')],
    ...part('does', step.does, 'plain'),
    ...part('expects', step.expects, 'plain'),
    ...part('saw', step.saw, step.holds ? 'good' : 'bad'),
    [],
  ];
  return lines.map((line) => paint(line, width, color));
}

export function tourSummary(
  steps: readonly StepResult[],
  ms: number,
  { width, color }: ReportOptions,
): readonly string[] {
  const held = steps.filter((step) => step.holds).length;
  const lines: readonly Line[] = [
    [span('Summary', 'strong')],
    ...steps.map((step, index): Line => [span('  '), verdict(step.holds), span(` ${index + 1}. ${step.title}`)]),
    [
      span(
        `${held} of ${steps.length} steps went as expected, in ${milliseconds(ms)}.`,
        held === steps.length ? 'good' : 'bad',
      ),
    ],
  ];
  return lines.map((line) => paint(line, width, color));
}

const verdict = (holds: boolean) => span(holds ? '✓' : '✗', holds ? 'good' : 'bad');
