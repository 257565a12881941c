import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { eventually } from '../lib/eventually.ts';

/** How the way to the API server is: open, broken with an error at once, or silent, as when packets are lost. */
export type Way = 'open' | 'broken' | 'silent';

/** Stands between a client and the API server: counts what is asked for, and is a bad connection on demand. */
export class ApiProxy implements AsyncDisposable {
  /** Path and query of every request that was let through, in order. */
  readonly requests: string[] = [];
  readonly #target: URL;
  readonly #ca: string | undefined;
  readonly #server: Server;
  #way: Way = 'open';

  private constructor(target: string, ca: string | undefined) {
    this.#target = new URL(target);
    this.#ca = ca;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** `ca` is PEM: what the certificate of the server is verified with. */
  static async start(target: string, ca?: string): Promise<ApiProxy> {
    const proxy = new ApiProxy(target, ca);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits until a request comes, from now on, whose path and query match. */
  sees(pattern: RegExp): Promise<void> {
    const seen = this.requests.length;
    return eventually(`a request for ${pattern}`, () =>
      this.requests.slice(seen).some((url) => pattern.test(url)),
    ).then(() => {});
  }

  /** Changes the way for requests to come; those under way are cut unless it is open. */
  become(way: Way): void {
    this.#way = way;
    if (way !== 'open') this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (this.#way === 'silent') return;
    if (this.#way === 'broken') {
      response.destroy();
      return;
    }
    this.requests.push(request.url ?? '');
    const { hostname, port, protocol } = this.#target;
    const { host: _, connection: __, ...headers } = request.headers;
    const options = { hostname, port, path: request.url, method: request.method, headers };
    const upstream =
      protocol === 'https:'
        ? httpsRequest({ ...options, ...(this.#ca === undefined ? {} : { ca: this.#ca }), agent: false })
        : httpRequest({ ...options, agent: false });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  }
}
