import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PodNamespace } from './namespaces.ts';
import type { Order, PodActions, Report } from './pod-actions.ts';

/** A process in a pod that serves and calls as it is told. It ends when we do. */
export class PodProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #orders = 0;

  private constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
    child.on('message', (message: Report | 'ready') => {
      if (message === 'ready') return;
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error === undefined) waiting?.resolve(message.result);
      else waiting?.reject(new Error(`${name}: ${message.error}`));
    });
    child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended: ${signal ?? code}`));
      this.#waiting.clear();
    });
  }

  /** Resolves when it takes orders. Its standard error is ours. */
  static async start(pod: PodNamespace, name: string): Promise<PodProgram> {
    const [command, args] = pod.inside(process.execPath, [join(import.meta.dirname, 'pod-main.ts')]);
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the program of ${name} ended at once: ${code}`);
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => {});
    return new PodProgram(child, name);
  }

  /** Has it do something, and resolves with the answer. */
  async do<Action extends keyof PodActions>(
    action: Action,
    ...args: Parameters<PodActions[Action]>
  ): Promise<Awaited<ReturnType<PodActions[Action]>>> {
    const order: Order = { id: ++this.#orders, action, args };
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(order.id, answer);
    this.#child.send(order, (error) => {
      if (error !== null) answer.reject(new Error(`${this.#name} takes no orders: ${error.message}`));
    });
    return (await answer.promise) as Awaited<ReturnType<PodActions[Action]>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
