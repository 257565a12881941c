/** The example, until somebody has seen enough: a screen on a terminal, lines elsewhere. */
import { setInterval as everyMs } from 'node:timers/promises';
import { type Display, Screen } from './display.ts';
import { changeLines, summaryLines } from './plain.ts';
import { render } from './screen.ts';
import { Stage, type StageOptions } from './stage.ts';

export interface LiveOptions extends Omit<StageOptions, 'onChange' | 'onTrouble'> {
  readonly display: Display;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const redrawMs = 250;
const summaryMs = 2_000;

/** Resolves when it was told to end and every process has ended. */
export async function runLive(options: LiveOptions): Promise<void> {
  const { display, signal } = options;
  const print = (line: string) => display.write(`${line}\n`);
  print('Starting the control plane, the workloads and their sidecars …');
  const stage = await Stage.start({
    ...options,
    ...(display.interactive
      ? {}
      : {
          onChange: (change, problems) => changeLines(change, problems).forEach(print),
          onTrouble: (message) => print(`trouble: ${message}`),
        }),
  });
  try {
    stage.beginTraffic();
    await (display.interactive ? draw(stage, display, signal) : tell(stage, print, signal));
  } finally {
    print('Stopping …');
    await stage.stop();
  }
}

async function draw(stage: Stage, display: Display, signal: AbortSignal): Promise<void> {
  const screen = new Screen(display);
  try {
    for await (const _ of ticks(redrawMs, signal)) {
      const { columns: width, rows, color } = display;
      screen.draw(render(stage.view(), { width, height: rows - 1, color }));
    }
  } finally {
    screen.close();
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
