import type { Clock } from '../../lib/clock.ts';

/** A wait that can be ended early. One at a time. */
export class Pause {
  readonly #clock: Clock;
  #end: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#end = undefined;
        resolve();
      };
      const cancel = this.#clock.after(milliseconds, end);
      this.#end = end;
    });
  }

  end(): void {
    this.#end?.();
  }
}
