/** What an operator asks over HTTP. Answers only; nothing can be changed here. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../lib/address.ts';
import { byString } from '../lib/order.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface AdminPage {
  /** One line for the index; a page without one is not in it. */
  readonly title?: string;
  /** `rest` is the path behind the page's own, decoded and without the slash between; only for pages ending in `/`. */
  readonly answer: (query: URLSearchParams, rest: string) => Answer | Promise<Answer>;
}

/** By path. A path that ends in `/` stands for all that begin with it. */
export type AdminPages = Readonly<Record<string, AdminPage>>;

export const json = (value: unknown, status = 200): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value, plain, 2)}\n`,
});

export const text = (body: string, status = 200): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: body.endsWith('\n') ? body : `${body}\n`,
});

/** Maps become objects and sets become lists. */
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value;

export class AdminServer {
  readonly #server: Server;
  readonly #pages: AdminPages;
  readonly #onError: (path: string, error: unknown) => void;

  constructor(pages: AdminPages, onError: (path: string, error: unknown) => void) {
    this.#pages = pages;
    this.#onError = onError;
    this.#server = createServer((request, response) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.setHeader('allow', 'GET, HEAD');
        send(response, text('Only GET: nothing can be changed here.', 405));
        return;
      }
      const url = new URL(request.url ?? '/', 'http://admin');
      this.#answer(url).then(
        (answer) => send(response, answer),
        (error: unknown) => {
          this.#onError(url.pathname, error);
          send(response, text('Something went wrong in smi-envoy; its log says what.', 500));
        },
      );
    });
  }

  /** Resolves with the address it listens on. Rejects when it cannot. */
  async listen({ host, port }: Address): Promise<Address> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const bound = this.#server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer({ pathname, searchParams }: URL): Promise<Answer> {
    if (pathname === '/') return this.#index();
    const exact = this.#pages[pathname];
    if (exact !== undefined) return exact.answer(searchParams, '');
    const prefix = Object.keys(this.#pages).find((path) => path.endsWith('/') && pathname.startsWith(path));
    const page = prefix === undefined ? undefined : this.#pages[prefix];
    if (prefix === undefined || page === undefined) return text('There is no such page; / lists them all.', 404);
    const rest = decodePath(pathname.slice(prefix.length));
    return rest === undefined ? text('The path is not well encoded.', 400) : page.answer(searchParams, rest);
  }

  #index(): Answer {
    const listed = Object.entries(this.#pages)
      .filter(([, { title }]) => title !== undefined)
      .sort(([a], [b]) => byString(a, b));
    const rows = listed.map(
      ([path, { title }]) => `<tr><td><a href="${path}">${path}</a></td><td>${escapeHtml(title ?? '')}</td></tr>`,
    );
    return {
      status: 200,
      type: 'text/html; charset=utf-8',
      body: `<!doctype html><html lang="en"><title>smi-envoy</title><style>${style}</style><h1>smi-envoy</h1><table>${rows.join('')}</table></html>\n`,
    };
  }
}

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const style = 'body{font:16px system-ui;margin:3rem;color-scheme:light dark}td{padding:.2rem 2rem .2rem 0}';

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
