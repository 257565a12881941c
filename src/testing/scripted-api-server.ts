import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request to a `ScriptedApiServer`, which the test answers. */
export class ScriptedRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** Resolves when the client has gone away or the answer is complete. */
  readonly closed: Promise<void>;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://server');
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.headers = request.headers;
    this.#response = response;
    this.closed = new Promise((resolve) => response.on('close', resolve));
  }

  answer(code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(code, { 'Content-Type': 'application/json', ...headers });
    this.#response.end(JSON.stringify(body));
  }

  /** A refusal as the API server words it. */
  refuse(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): void {
    this.answer(code, { kind: 'Status', status: 'Failure', message: `refused: ${reason}`, reason, code }, headers);
  }

  /** Accepts a watch, and sends these events at once. */
  open(...events: readonly unknown[]): void {
    this.#response.writeHead(200, { 'Content-Type': 'application/json' });
    this.#response.flushHeaders();
    this.send(...events);
  }

  send(...events: readonly unknown[]): void {
    for (const event of events) this.raw(`${JSON.stringify(event)}\n`);
  }

  raw(bytes: string | Uint8Array): void {
    this.#response.write(bytes);
  }

  end(): void {
    this.#response.end();
  }

  /** Breaks the connection without a word. */
  cut(): void {
    this.#response.destroy();
  }
}

/** An HTTP server that does, request by request, what a test says: for what a real API server does not do on demand. */
export class ScriptedApiServer {
  /** Answers requests that the test does not want to answer one by one; `undefined` leaves a request to the test. */
  route: (path: string) => readonly [code: number, body: unknown] | undefined = () => undefined;
  readonly #server: Server;
  readonly #arrived: ScriptedRequest[] = [];
  readonly #wanted: ((request: ScriptedRequest) => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const scripted = new ScriptedRequest(request, response);
      const routed = this.route(scripted.path);
      if (routed !== undefined) {
        scripted.answer(...routed);
        return;
      }
      const want = this.#wanted.shift();
      if (want === undefined) this.#arrived.push(scripted);
      else want(scripted);
    });
  }

  static async start(): Promise<ScriptedApiServer> {
    const server = new ScriptedApiServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request that nobody has taken yet. */
  next(): Promise<ScriptedRequest> {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return Promise.resolve(arrived);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no request came')), 10_000);
      this.#wanted.push((request) => {
        clearTimeout(timer);
        resolve(request);
      });
    });
  }

  assertQuiet(): void {
    assert.deepEqual(
      this.#arrived.map(({ path, query }) => ({ path, query })),
      [],
      'requests that nobody expected',
    );
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
