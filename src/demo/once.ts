/** The tour: on a copy of the example, so that it can be taken anywhere and any time. */
import type { Display } from './display.ts';
import { copyExample } from './example-copy.ts';
import { Stage, type StageOptions } from './stage.ts';
import { runTour } from './tour.ts';
import { tourSteps } from './tour-steps.ts';

export interface OnceOptions extends Omit<StageOptions, 'onChange' | 'onTrouble'> {
  readonly display: Display;
  /** Breaks it off. */
  readonly signal: AbortSignal;
}

const pipeWidth = 120;

/** True when everything went as expected. */
export async function runOnce(options: OnceOptions): Promise<boolean> {
  const { display, signal } = options;
  const print = (line: string) => display.write(`${line}\n`);
  const copy = await copyExample(options.directory);
  try {
    print(`Starting the control plane, the workloads and their sidecars on a copy of ${options.directory} …\n`);
    const troubles: string[] = [];
    const stage = await Stage.start({
      ...options,
      directory: copy.directory,
      onTrouble: (message) => troubles.push(message),
    });
    // Stopping the stage lets whatever the tour waits for fail.
    const stop = () => void stage.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const width = display.interactive ? display.columns : pipeWidth;
      const held = await runTour(stage, tourSteps, { print, signal, width, color: display.color });
      for (const trouble of troubles) print(`✗ ${trouble}`);
      return held && troubles.length === 0;
    } finally {
      signal.removeEventListener('abort', stop);
      await stage.stop();
    }
  } finally {
    await copy.remove();
  }
}
