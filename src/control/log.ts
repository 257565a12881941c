import { type DestinationStream, type Logger, pino } from 'pino';
import { build as pretty } from 'pino-pretty';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export interface LogOptions {
  readonly level: (typeof logLevels)[number];
  /** `json`: one object per line, for machines. `pretty`: for a person at a terminal. */
  readonly format: 'json' | 'pretty';
  readonly color: boolean;
  /** Where lines go. */
  readonly destination: NodeJS.WritableStream;
}

/** Secrets need no rule here: keys are `Redacted`, which print as nothing wherever they get to. */
export function createLog({ level, format, color, destination }: LogOptions): Logger {
  const stream: DestinationStream =
    format === 'json'
      ? destination
      : pretty({ destination, colorize: color, translateTime: 'SYS:HH:MM:ss.l', singleLine: true, sync: true });
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime, base: null, formatters }, stream);
}

/** For tests and libraries that want no log. */
export const silentLog: Logger = pino({ level: 'silent' });
