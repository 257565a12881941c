import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds. */
  readonly within?: number;
  /** Checked before each try: what can never come true any more is not waited for. */
  readonly giveUp?: () => string | undefined;
}

/**
 * Asks until the answer is neither undefined nor false, then returns it. Throws when that takes too long, with what the
 * last try said.
 * @param what completes the sentence "waited for …"
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { within = 20_000, giveUp }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + within;
  let last: unknown;
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 200)) {
    const hopeless = giveUp?.();
    if (hopeless !== undefined) throw new Error(`waited for ${what}, but ${hopeless}`, { cause: last });
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const detail = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`waited ${within} ms for ${what}${detail}`, { cause: last });
    }
    await delay(pause);
  }
}
