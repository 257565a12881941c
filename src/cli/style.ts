import { styleText } from 'node:util';

/** Words that stand out on a terminal; the text as it is elsewhere. */
export interface Style {
  readonly title: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly name: (text: string) => string;
}

export function styleOf({ color }: { readonly color: boolean }): Style {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  return {
    title: style('bold'),
    good: style('green'),
    bad: style('red'),
    warn: style('yellow'),
    quiet: style('dim'),
    name: style('cyan'),
  };
}
