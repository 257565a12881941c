import type { Environment } from '../config.ts';

/** All that commands know of where they run, so that only `main.ts` knows the process. */
export interface Terminal {
  /** For results. */
  readonly out: Output;
  /** For everything else. */
  readonly err: Output;
  readonly environment: Environment;
  /** Aborted when the program is asked to end. */
  readonly ending: AbortSignal;
}

export interface Output {
  readonly write: (text: string) => void;
  readonly stream: NodeJS.WritableStream;
  /** False where colours would end up in a file, or are unwanted. */
  readonly color: boolean;
  readonly interactive: boolean;
}
