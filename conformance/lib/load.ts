import { Agent } from 'node:http';
import { callOnce, type HttpAnswer, type HttpCall } from './calls.ts';

/** Requests that go on and on, several at a time, each worker on a connection that it keeps. */
export class Load {
  readonly #answers: HttpAnswer[] = [];
  readonly #workers: Promise<unknown>;
  readonly #agent: Agent;
  readonly #waiting = new Map<() => void, number>();
  #going = true;

  /** Workers take turns with the calls. */
  constructor(calls: readonly HttpCall[], workers = 8) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: workers });
    this.#workers = Promise.all(Array.from({ length: workers }, (_, index) => this.#work(calls, index)));
  }

  /** Resolves when so many more requests have been begun and answered: how a test paces itself without a clock. */
  pass(requests: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(resolve, this.#answers.length + requests));
  }

  /** Ends the load, and resolves with all answers. */
  async stop(): Promise<readonly HttpAnswer[]> {
    this.#going = false;
    await this.#workers;
    this.#agent.destroy();
    return this.#answers;
  }

  async #work(calls: readonly HttpCall[], first: number): Promise<void> {
    for (let turn = first; this.#going; turn++) {
      const call = calls[turn % calls.length];
      if (call === undefined) throw new Error('nothing to call');
      this.#answers.push(await callOnce(call, this.#agent));
      for (const [resolve, enough] of this.#waiting) {
        if (this.#answers.length < enough) continue;
        this.#waiting.delete(resolve);
        resolve();
      }
    }
  }
}
