/** What the program's exit code says. */
export const exitCodes = {
  success: 0,
  /** The answer is no: errors in what was read, a request that would be refused, a proxy that rejects. */
  no: 1,
  /** The command line or the environment cannot be understood. */
  usage: 2,
  /** Something outside is not as it must be: a file, a port, a server. */
  failed: 3,
} as const;

/** Ends a command with a message for its user, and what to do about it. */
export class Failure extends Error {
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(message: string, { hint, exitCode = exitCodes.failed }: { hint?: string; exitCode?: number } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

export const usageFailure = (message: string, hint?: string): Failure =>
  new Failure(message, { exitCode: exitCodes.usage, ...(hint === undefined ? {} : { hint }) });
