import { Option } from 'commander';
import { stringify } from 'yaml';
import type { Output } from './terminal.ts';

export type OutputFormat = 'human' | 'json' | 'yaml';

export const outputOption = (formats: readonly OutputFormat[] = ['human', 'json', 'yaml']): Option =>
  new Option('-o, --output <format>', 'how the result is printed').choices(formats).default(formats[0]);

/** Prints a result: as a person reads it, or the value itself for a program. */
export function print(out: Output, format: OutputFormat, value: unknown, human: () => string): void {
  switch (format) {
    case 'human':
      out.write(human());
      return;
    case 'json':
      out.write(`${JSON.stringify(value, null, 2)}\n`);
      return;
    case 'yaml':
      out.write(toYaml(value));
      return;
  }
}

/** Lists of strings that appear twice are written twice: anchors help no reader. */
export const toYaml = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
