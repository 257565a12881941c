/** Text with a look, whose width can be told: escape sequences are added only when a line is made. */
import { styleText } from 'node:util';

export type Look = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'note' | 'accent';

export interface Span {
  readonly text: string;
  readonly look: Look;
}

export type Line = readonly Span[];

export const span = (text: string, look: Look = 'plain'): Span => ({ text, look });

const formats = {
  plain: 'reset',
  strong: 'bold',
  faint: 'dim',
  good: 'green',
  bad: 'red',
  note: 'yellow',
  accent: 'cyan',
} as const satisfies Record<Look, Parameters<typeof styleText>[0]>;

/** A span of exactly this width: cut, with an ellipsis, or filled up on the right (`start`) or the left (`end`). */
export function fit({ text, look }: Span, width: number, align: 'start' | 'end' = 'start'): Span {
  const letters = [...text];
  if (letters.length > width) return span(`${letters.slice(0, Math.max(0, width - 1)).join('')}…`, look);
  const filling = ' '.repeat(width - letters.length);
  return span(align === 'start' ? text + filling : filling + text, look);
}

/** The line as printed: at most `width` wide, with colours or without. */
export function paint(line: Line, width: number, color: boolean): string {
  let left = width;
  let painted = '';
  for (const part of line) {
    if (left <= 0) break;
    const { text, look } = [...part.text].length > left ? fit(part, left) : part;
    left -= [...text].length;
    painted += color && look !== 'plain' ? styleText(formats[look], text, { validateStream: false }) : text;
  }
  return painted;
}

/** Text as lines of at most `width`, broken between words. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
