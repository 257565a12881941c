/** What the pods of a test ask of each other. A call that fails is an answer too; every call comes to an end. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';

/** Milliseconds. Only ever used up by a call that fails. */
const patience = 10_000;

export interface HttpCall {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The HTTP proxy to use, as `host:port`. */
  readonly proxy?: string;
  /** In the place of the URL's own, and sent as it stands. */
  readonly path?: string;
  readonly times?: number;
  /** How many are under way at a time, each on a connection of its own, which is used again. */
  readonly atOnce?: number;
}

export interface HttpAnswer {
  /** 0: there was no answer. */
  readonly status: number;
  /** What the answering pod says; empty when it is not from one. */
  readonly said: Readonly<Record<string, string | undefined>>;
  /** Why the mesh refused. */
  readonly denied: string | undefined;
  /** The body of an answer that no pod gave, or what went wrong. */
  readonly text: string;
}

export async function callHttp(call: HttpCall): Promise<readonly HttpAnswer[]> {
  const agent = new Agent({ keepAlive: true });
  const answers = await several(call, () => callOnce(call, agent));
  agent.destroy();
  return answers;
}

async function several<T>(
  { times = 1, atOnce = 8 }: { readonly times?: number; readonly atOnce?: number },
  one: () => Promise<T>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun++ < times) answers.push(await one());
  };
  await Promise.all(Array.from({ length: Math.min(times, atOnce) }, worker));
  return answers;
}

/** One request, with an agent that keeps connections for the next. */
export function callOnce(
  { url, method = 'GET', headers = {}, proxy, path }: HttpCall,
  agent: Agent,
): Promise<HttpAnswer> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const [proxyHost, proxyPort] = proxy?.split(':') ?? [];
  const target =
    proxy === undefined
      ? { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port || 80, path: path ?? pathname + search }
      : { host: proxyHost, port: proxyPort, path: path === undefined ? url : new URL(url).origin + path };
  return new Promise((resolve) => {
    const fail = (error: Error & { code?: string }) =>
      resolve({ status: 0, said: {}, denied: undefined, text: `${error.code ?? ''} ${error.message}`.trim() });
    const options = { ...target, method, headers: { host, ...headers }, agent, timeout: patience };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const fromPod = response.headers['content-type'] === 'application/json';
        const denied = response.headers['x-smi-envoy-denied'];
        resolve({
          status: response.statusCode ?? 0,
          said: fromPod ? JSON.parse(body) : {},
          denied: typeof denied === 'string' ? denied : undefined,
          text: fromPod ? '' : body,
        });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${patience} ms`)));
    outgoing.on('error', fail);
    outgoing.end();
  });
}

export interface TcpCall {
  readonly host: string;
  readonly port: number;
  /** Sent after the first line that comes, or at once with `first`. Then one more line is waited for. */
  readonly line?: string;
  readonly first?: boolean;
  readonly times?: number;
  /** How many are under way at a time. */
  readonly atOnce?: number;
}

export interface TcpAnswer {
  /** Everything that came. */
  readonly received: string;
  /** Who ended the connection, or that nobody did for a long time. */
  readonly end: 'client' | 'server' | 'reset' | 'refused' | 'nobody';
}

/** Connects, waits for a line or for the end, may say a line and wait for the answer, and ends. */
export async function callTcp(call: TcpCall): Promise<readonly TcpAnswer[]> {
  return several(call, () => converse(call));
}

function converse({ host, port, line, first = false }: TcpCall): Promise<TcpAnswer> {
  return new Promise((resolve) => {
    let received = '';
    let said = false;
    const finish = (end: TcpAnswer['end']) => {
      resolve({ received, end });
      socket.destroy();
    };
    const say = () => {
      said = true;
      socket.write(`${line}\n`);
    };
    const socket = connect(port, host, () => {
      if (first) say();
    });
    socket.setTimeout(patience, () => finish('nobody'));
    socket.on('error', ({ code }: Error & { code?: string }) => finish(code === 'ECONNREFUSED' ? 'refused' : 'reset'));
    socket.on('end', () => finish('server'));
    socket.on('data', (chunk: Buffer) => {
      received += chunk;
      const lines = received.split('\n').length - 1;
      if (lines >= (line === undefined || first ? 1 : 2)) finish('client');
      else if (line !== undefined && !said && lines === 1) say();
    });
  });
}

/** The first line that a server says over its own TLS, whoever it is; or what went wrong. */
export function callTls(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port, servername: 'localhost', rejectUnauthorized: false });
    const finish = (text: string) => {
      resolve(text);
      socket.destroy();
    };
    socket.setTimeout(patience, () => finish('no answer'));
    socket.on('error', ({ message }) => finish(message));
    createInterface(socket).on('line', finish);
  });
}

export interface GrpcCall {
  readonly target: string;
  readonly authority?: string;
  readonly message: string;
  readonly times?: number;
}

/** Unary calls, one after the other: what was answered, or the status. */
export async function callGrpc({ target, authority, message, times = 1 }: GrpcCall): Promise<readonly string[]> {
  const { credentials, makeGenericClientConstructor } = await import('@grpc/grpc-js');
  const { echo } = await import('./echo-service.ts');
  const Client = makeGenericClientConstructor(echo, 'test.Echo');
  const options = authority === undefined ? {} : { 'grpc.default_authority': authority };
  const client = new Client(target, credentials.createInsecure(), options);
  const say = client['Say']?.bind(client);
  const answers: string[] = [];
  for (let time = 0; time < times; time++) {
    answers.push(
      await new Promise<string>((resolve) => {
        say?.(
          Buffer.from(message),
          { deadline: Date.now() + patience },
          (error: { code: number; details: string } | null, answer?: Buffer) =>
            resolve(error === null ? String(answer) : `${error.code} ${error.details}`),
        );
      }),
    );
  }
  client.close();
  return answers;
}

/** One stream both ways: the answers to the messages, and at the end the status. */
export async function chatGrpc(
  target: string,
  messages: readonly string[],
  authority?: string,
): Promise<readonly string[]> {
  const { credentials, makeGenericClientConstructor } = await import('@grpc/grpc-js');
  const { echo } = await import('./echo-service.ts');
  const options = authority === undefined ? {} : { 'grpc.default_authority': authority };
  const client = new (makeGenericClientConstructor(echo, 'test.Echo'))(target, credentials.createInsecure(), options);
  const answers: string[] = [];
  const stream = client['Chat']?.bind(client)({ deadline: Date.now() + patience }) as NodeJS.ReadWriteStream;
  stream.on('data', (answer: Buffer) => answers.push(String(answer)));
  stream.on('error', () => {});
  const status = new Promise<{ code: number; details: string }>((resolve) => stream.once('status', resolve));
  for (const message of messages) stream.write(Buffer.from(message) as unknown as string);
  stream.end();
  const { code, details } = await status;
  client.close();
  return [...answers, `${code} ${details}`];
}

/** Sends messages, waits for an answer to each, and closes. Answers, or what went wrong. */
export async function callWebSocket(
  url: string,
  messages: readonly string[],
  proxy?: string,
): Promise<readonly string[]> {
  const { WebSocket } = await import('ws');
  const { host, pathname } = new URL(url);
  const target = proxy === undefined ? url : `ws://${proxy}${pathname}`;
  return new Promise((resolve) => {
    const answers: string[] = [];
    const socket = new WebSocket(target, { headers: { host } });
    const timer = setTimeout(() => finish('no answer'), patience);
    const finish = (...last: readonly string[]) => {
      clearTimeout(timer);
      resolve([...answers, ...last]);
      socket.close();
    };
    const next = () => {
      const message = messages[answers.length];
      if (message === undefined) finish();
      else socket.send(message);
    };
    socket.addEventListener('open', next);
    socket.addEventListener('message', ({ data }) => {
      answers.push(String(data));
      next();
    });
    socket.addEventListener('error', () => finish('error'));
  });
}

/** Sends datagrams from one socket; with `answers`, waits for so many. */
export async function callUdp(call: {
  readonly host: string;
  readonly port: number;
  readonly messages: readonly string[];
  readonly answers?: number;
}): Promise<readonly string[]> {
  const { host, port, messages, answers = 0 } = call;
  const socket = createSocket('udp4');
  const received: string[] = [];
  const complete = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, answers === 0 ? 0 : patience);
    socket.on('message', (message) => {
      received.push(String(message));
      if (received.length < answers) return;
      clearTimeout(timer);
      resolve();
    });
  });
  await Promise.all(
    messages.map((message) => new Promise<unknown>((resolve) => socket.send(message, port, host, resolve))),
  );
  await complete;
  socket.close();
  await once(socket, 'close');
  return received;
}

/** A connection that stays open. */
export interface Conversation {
  /** Says something and waits for the answer; what went wrong is an answer too. */
  say(text: string): Promise<string>;
  end(): void;
}

/** With a server that greets, over TCP. Resolves when it has. */
export async function converseOverTcp(host: string, port: number): Promise<Conversation> {
  const socket = connect(port, host);
  const lines = createInterface(socket);
  const next = answers((answer) => {
    lines.on('line', answer);
    socket.on('error', ({ message }) => answer(message));
    socket.on('close', () => answer('closed'));
  });
  await next();
  return {
    say(text) {
      socket.write(`${text}\n`);
      return next();
    },
    end: () => socket.destroy(),
  };
}

/** Resolves when it is open. */
export async function converseOverWebSocket(url: string): Promise<Conversation> {
  const socket = new WebSocket(url);
  const next = answers((answer) => {
    socket.addEventListener('open', () => answer('open'));
    socket.addEventListener('message', ({ data }) => answer(String(data)));
    socket.addEventListener('close', ({ code }) => answer(`closed: ${code}`));
  });
  await next();
  return {
    say(text) {
      socket.send(text);
      return next();
    },
    end: () => socket.close(),
  };
}

/** What comes, one after the other, for whoever waits for it. */
function answers(listen: (answer: (text: string) => void) => void): () => Promise<string> {
  const unheard: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  listen((text) => {
    const first = waiting.shift();
    if (first === undefined) unheard.push(text);
    else first(text);
  });
  return async () => {
    const known = unheard.shift();
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<string>();
    waiting.push(resolve);
    const timer = setTimeout(resolve, patience, 'no answer');
    const text = await promise;
    clearTimeout(timer);
    return text;
  };
}
