/** Where the demo is seen: a terminal, or a pipe. */
export interface Display {
  readonly write: (text: string) => void;
  readonly color: boolean;
  /** Whether what was written can be written over. */
  readonly interactive: boolean;
  /** Of a terminal, and it may change. */
  readonly columns: number;
  readonly rows: number;
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clear = '\x1b[2J';
const home = '\x1b[H';
const clearToEndOfLine = '\x1b[K';
const clearToEnd = '\x1b[J';

/** A picture that is drawn again and again in the same place. The last one stays when it is closed. */
export class Screen {
  readonly #display: Display;
  #open = false;

  constructor(display: Display) {
    this.#display = display;
  }

  /** At most as many lines as the terminal has rows but one. Overwrites instead of clearing first, so nothing flickers. */
  draw(lines: readonly string[]): void {
    const begin = this.#open ? home : hideCursor + clear + home;
    if (!this.#open) process.once('exit', this.#leave);
    this.#open = true;
    const text = lines.map((line) => `${line}${clearToEndOfLine}\n`).join('');
    this.#display.write(begin + text + clearToEnd);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    process.off('exit', this.#leave);
    this.#leave();
  }

  /** Also when we end in some other way: nobody wants a terminal without a cursor. */
  readonly #leave = (): void => this.#display.write(showCursor);
}
