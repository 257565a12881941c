import { stripVTControlCharacters } from 'node:util';

/** Columns aligned by spaces, two between them; the heading only when there are rows. Each line ends in a newline. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((cells) => visibleLength(cells[column] ?? ''))));
  return lines.map((cells) => `${alignCells(cells, widths)}\n`).join('');
}

const alignCells = (cells: readonly string[], widths: readonly number[]): string =>
  cells
    .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - visibleLength(cell)))
    .join('  ')
    .trimEnd();

const visibleLength = (text: string): number => stripVTControlCharacters(text).length;
