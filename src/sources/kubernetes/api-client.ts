import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Cancel, type Clock, systemClock } from '../../lib/clock.ts';
import { ApiError } from './api-error.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';

export type Query = Readonly<Record<string, string>>;

export interface StreamRequest {
  readonly path: string;
  readonly query: Query;
  /** Called when the server has accepted the request. */
  readonly onOpen?: () => void;
  /** Called with each line's value, in order. What it throws ends the stream. */
  readonly onValue: (value: unknown) => void;
  /** Asked when nothing was heard: milliseconds of silence after which the connection counts as dead. */
  readonly silence: () => number;
  readonly signal: AbortSignal;
  /** Media type; plain JSON when left out. */
  readonly accept?: string;
}

const json = 'application/json';

/** Milliseconds until the head of an answer must have come. */
const firstByteWithin = 30_000;

/** Milliseconds until an answer that is not a stream must have come wholly. */
const wholeBodyWithin = 60_000;

/** Milliseconds until a login that failed is tried again. */
const failedLoginPause = 5_000;

/** Milliseconds. How much silence is too much may change while it is silent. */
const longestListen = 30_000;

/** Milliseconds. A dead peer is found out by TCP within half a minute, also where nothing is to be sent. */
const keepAliveAfter = 15_000;

/**
 * Speaks to the API server: JSON requests and streams of JSON lines. Logs in again, once, when credentials are no longer
 * accepted. Every failure is an exception: `ApiError` when the server said something, any other when it did not.
 */
export class ApiClient {
  readonly #provider: CredentialsProvider;
  readonly #clock: Clock;
  #login: Promise<Connection> | undefined;
  #loginEnds = 0;

  constructor(provider: CredentialsProvider, clock: Clock = systemClock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  /** The JSON that a GET answers with. */
  async get(path: string, query: Query, signal: AbortSignal): Promise<unknown> {
    const response = await this.#open(path, query, signal, json);
    const late = () => response.destroy(new Error(`the answer was not complete after ${wholeBodyWithin / 1000} s`));
    const cancel = this.#clock.after(wholeBodyWithin, late);
    try {
      return JSON.parse(await bodyOf(response));
    } finally {
      cancel();
    }
  }

  /** Calls back for each line of an answer, and resolves when the server has ended it in good order. */
  async stream({ path, query, onOpen, onValue, silence, signal, accept = json }: StreamRequest): Promise<void> {
    const response = await this.#open(path, query, signal, accept);
    onOpen?.();
    const clock = this.#clock;
    let heardAt = clock.now();
    const listen = (): Cancel =>
      clock.after(Math.min(longestListen, heardAt + silence() - clock.now()), () => {
        const quiet = clock.now() - heardAt;
        if (quiet >= silence()) response.destroy(new Error(`nothing was heard for ${Math.round(quiet / 1000)} s`));
        else cancel = listen();
      });
    let cancel = listen();
    try {
      response.setEncoding('utf8');
      let rest = '';
      await new Promise<void>((resolve, reject) => {
        response.on('data', (chunk: string) => {
          heardAt = clock.now();
          const lines = chunk.split('\n');
          lines[0] = rest + lines[0];
          rest = lines.pop() ?? '';
          try {
            for (const line of lines) {
              if (line.length > 1) onValue(JSON.parse(line));
            }
          } catch (error) {
            response.destroy(error instanceof Error ? error : new Error(String(error)));
          }
        });
        response.on('error', () => {});
        response.on('close', () => {
          const { errored } = response;
          if (errored === null && response.complete) resolve();
          else if (errored === null || isReset(errored)) reject(new Error('the connection was lost'));
          else reject(errored);
        });
      });
    } finally {
      cancel();
    }
  }

  async #open(path: string, query: Query, signal: AbortSignal, accept: string): Promise<IncomingMessage> {
    const login = this.#loggedIn();
    const first = await this.#request(await abortable(login, signal), path, query, signal, accept);
    if (first.statusCode === 200) return first;
    const refusal = await refusalOf(first);
    if (refusal.code !== 401) throw refusal;
    // Tokens and client certificates expire; whoever notices first logs in again for all.
    if (this.#login === login) this.#login = undefined;
    const second = await this.#request(await abortable(this.#loggedIn(), signal), path, query, signal, accept);
    if (second.statusCode === 200) return second;
    throw await refusalOf(second);
  }

  #loggedIn(): Promise<Connection> {
    // A login may start a program or ask another server: after a failure not every request tries again.
    if (this.#login !== undefined && this.#clock.now() < this.#loginEnds) return this.#login;
    const login = this.#provider().then(connect);
    this.#login = login;
    this.#loginEnds = Number.POSITIVE_INFINITY;
    login.catch(() => {
      if (this.#login === login) this.#loginEnds = this.#clock.now() + failedLoginPause;
    });
    return login;
  }

  #request(connection: Connection, path: string, query: Query, signal: AbortSignal, accept: string) {
    const search = new URLSearchParams(query).toString();
    const url = `${connection.credentials.server}${path}${search === '' ? '' : `?${search}`}`;
    const headers = { ...connection.credentials.headers, Accept: accept, 'User-Agent': 'smi-envoy' };
    return new Promise<IncomingMessage>((resolve, reject) => {
      const request = connection.request(url, { agent: connection.agent, headers, signal });
      const cancel = this.#clock.after(firstByteWithin, () => {
        request.destroy(new Error(`the API server did not answer within ${firstByteWithin / 1000} s`));
      });
      request.on('socket', (socket) => socket.setKeepAlive(true, keepAliveAfter));
      request.on('response', (response) => {
        cancel();
        resolve(response);
      });
      request.on('error', (error) => {
        cancel();
        reject(error);
      });
      request.end();
    });
  }
}

/** A way to the server. Connections are not kept: what lasts are the streams, and each of them needs its own. */
interface Connection {
  readonly credentials: Credentials;
  readonly agent: http.Agent;
  readonly request: typeof https.request;
}

function connect(credentials: Credentials): Connection {
  const { server, ca, cert, key, servername, rejectUnauthorized, proxyUrl } = credentials;
  if (proxyUrl?.startsWith('socks')) throw new Error('a SOCKS proxy to the API server is not supported');
  const proxy = proxyUrl === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } };
  if (server.startsWith('http:')) return { credentials, agent: new http.Agent(proxy), request: http.request };
  const agent = new https.Agent({
    ...proxy,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  });
  return { credentials, agent, request: https.request };
}

/** A login may wait for a person; who no longer wants it need not wait along. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const isReset = (error: Error): boolean => 'code' in error && error.code === 'ECONNRESET';

async function bodyOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let body = '';
  for await (const chunk of response) body += chunk as string;
  return body;
}

async function refusalOf(response: IncomingMessage): Promise<ApiError> {
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  const code = response.statusCode ?? 0;
  const body = await bodyOf(response);
  try {
    return ApiError.fromStatus(JSON.parse(body), code, retryAfter);
  } catch {
    const text = body.trim().slice(0, 200);
    return new ApiError(code, '', `the API server answered ${code}${text === '' ? '' : `: ${text}`}`, retryAfter);
  }
}
