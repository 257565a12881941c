#!/usr/bin/env node
/** The only place that knows the process: its arguments, environment, streams and signals. */
import { enableCompileCache } from 'node:module';
import type { Output } from './cli/terminal.ts';

// What was read and compiled once need not be again: later starts take a third of the time.
enableCompileCache();
const { run } = await import('./cli/program.ts');

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first asks to end; a second one of the same kind ends at once, as if nobody listened.
  process.once(signal, () => ending.abort(signal));
}

// Whoever reads us may have seen enough, as in `smi-envoy translate … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 3));

const outputTo = (stream: NodeJS.WriteStream): Output => ({
  write: (text) => stream.write(text),
  stream,
  color: stream.isTTY === true && stream.hasColors(process.env),
  interactive: stream.isTTY === true,
});

process.exitCode = await run(process.argv.slice(2), {
  out: outputTo(process.stdout),
  err: outputTo(process.stderr),
  environment: process.env,
  ending: ending.signal,
});
