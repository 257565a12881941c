/** A pod's program. It is started by `PodProgram`, does what it is told, and ends with it. */
import { type Order, podActions, type Report } from './pod-actions.ts';

const report = (message: Report | 'ready') => process.send?.(message);

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  const { id, action, args } = message as Order;
  const act = async () => (podActions[action] as (...args: readonly unknown[]) => unknown)(...args);
  act().then(
    (result) => report({ id, result }),
    (error: unknown) => report({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
report('ready');
