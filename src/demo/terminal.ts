/** A screen that is drawn again and again, on a terminal; and the terminal as it was, afterwards. */
import type { WriteStream } from 'node:tty';

const enterScreen = '\x1b[?1049h\x1b[?25l';
const leaveScreen = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const clearToEndOfLine = '\x1b[K';
const clearToEnd = '\x1b[J';

export class Terminal {
  readonly #out: WriteStream;
  #open = false;

  constructor(out: WriteStream) {
    this.#out = out;
  }

  get width(): number {
    return this.#out.columns;
  }

  /** Shows the lines, as many as fit. Overwrites in place instead of clearing first, so nothing flickers. */
  draw(lines: readonly string[]): void {
    if (!this.#open) {
      this.#open = true;
      this.#out.write(enterScreen);
    }
    const visible = lines.slice(0, this.#out.rows - 1).map((line) => line + clearToEndOfLine);
    this.#out.write(`${home}${visible.join('\n')}\n${clearToEnd}`);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#out.write(leaveScreen);
  }
}

/** Colours are for terminals, unless told otherwise: https://no-color.org, and FORCE_COLOR as Node has it. */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return isTerminal && (env['NO_COLOR'] ?? '') === '';
}
