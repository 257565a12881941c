/** The example, until somebody has seen enough: a screen on a terminal, lines elsewhere. */
import { setInterval as everyMs } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import { changeLines, summaryLines } from './plain.ts';
import { render } from './screen.ts';
import { Stage, type StageOptions } from './stage.ts';
import { Terminal, wantsColour } from './terminal.ts';

export interface LiveOptions extends Omit<StageOptions, 'onChange' | 'onTrouble'> {
  readonly out: WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const redrawMs = 250;
const summaryMs = 2_000;

export async function runLive(options: LiveOptions): Promise<void> {
  const { out, env, signal } = options;
  const print = (line: string) => out.write(`${line}\n`);
  print('Starting the control plane, the workloads and their sidecars …');
  const stage = await Stage.start({
    ...options,
    ...(out.isTTY
      ? {}
      : {
          onChange: (change, problems) => changeLines(change, problems).forEach(print),
          onTrouble: (message) => print(`trouble: ${message}`),
        }),
  });
  try {
    stage.beginTraffic();
    await (out.isTTY ? draw(stage, new Terminal(out), wantsColour(true, env), signal) : tell(stage, print, signal));
  } finally {
    print('Stopping …');
    await stage.stop();
  }
}

async function draw(stage: Stage, terminal: Terminal, colour: boolean, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of ticks(redrawMs, signal))
      terminal.draw(render(stage.view(), { width: terminal.width, colour }));
  } finally {
    terminal.close();
  }
}

async function tell(stage: Stage, print: (line: string) => void, signal: AbortSignal): Promise<void> {
  print(`ready: ${stage.view().sidecars.total} sidecars; edit the YAML in ${stage.directory}`);
  for await (const _ of ticks(summaryMs, signal)) summaryLines(stage.view()).forEach(print);
}

/** Once in every interval, until the signal. */
async function* ticks(ms: number, signal: AbortSignal): AsyncGenerator<void> {
  try {
    for await (const _ of everyMs(ms, undefined, { signal })) yield;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
