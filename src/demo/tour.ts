import { type ReportOptions, type StepResult, stepLines, tourSummary } from './tour-report.ts';
import type { Step, TourStage } from './tour-steps.ts';

export interface TourOptions extends ReportOptions {
  readonly print: (line: string) => void;
  /** Breaks it off after the step at hand. */
  readonly signal?: AbortSignal;
}

/** Goes through the steps, telling each as it ends; true when all went as expected. A step that breaks off did not. */
export async function runTour(stage: TourStage, steps: readonly Step[], options: TourOptions): Promise<boolean> {
  const start = performance.now();
  const results: StepResult[] = [];
  for (const step of steps) {
    if (options.signal?.aborted) {
      options.print('Broken off.');
      return false;
    }
    const result = await runStep(stage, step);
    results.push(result);
    for (const line of stepLines(results.length, result, options)) options.print(line);
  }
  for (const line of tourSummary(results, performance.now() - start, options)) options.print(line);
  return results.every((result) => result.holds);
}

async function runStep(stage: TourStage, step: Step): Promise<StepResult> {
  const start = performance.now();
  const { title, does, expects } = step;
  const observe = async () => {
    try {
      return await step.run(stage);
    } catch (error) {
      return { holds: false, saw: `broke off: ${error instanceof Error ? error.message : String(error)}` };
    }
  };
  const observation = await observe();
  return { title, does, expects, ...observation, ms: performance.now() - start };
}
