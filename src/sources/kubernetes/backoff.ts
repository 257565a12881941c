/** How long to wait after so many failures in a row: doubling, up to a limit, never quite the same for two clients. */
export interface BackoffOptions {
  /** Milliseconds after the first failure, at most. */
  readonly first: number;
  /** Milliseconds that no wait exceeds. */
  readonly longest: number;
}

/** Between half and all of the doubled time, so that clients which lost the same server do not return together. */
export function backoff(failures: number, { first, longest }: BackoffOptions, random: () => number): number {
  const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + random() / 2);
}
