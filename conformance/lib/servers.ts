/** What the pods of a test serve. Every answer says which pod it is from. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface Serving {
  readonly pod: string;
  /** One address to listen on; `undefined`: all. */
  readonly host?: string | undefined;
  /** 0 for any. */
  readonly port: number;
}

export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

export interface RunningHttpServer extends RunningServer {
  /** Answers that are held back: those to requests for `/held`. */
  readonly held: number;
  release(): void;
}

/**
 * HTTP/1.1 and WebSocket. Answers a request with the pod, and what the application was told of it; WebSocket messages
 * with the pod and the message.
 */
export async function serveHttp({ pod, host, port }: Serving): Promise<RunningHttpServer> {
  const { WebSocketServer } = await import('ws');
  const held: (() => void)[] = [];
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => {
      const { method, url: path } = request;
      const { host: authority, 'x-forwarded-client-cert': caller } = request.headers;
      const said = { pod, method, path, authority, caller, peer: request.socket.remoteAddress };
      response.setHeader('content-type', 'application/json');
      const answer = () => response.end(JSON.stringify(said));
      if (path === '/held') held.push(answer);
      else answer();
    });
  });
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.on('message', (message) => socket.send(`${pod}: ${message}`));
  });
  return {
    ...(await listening(server, port, host)),
    get held() {
      return held.length;
    },
    release() {
      for (const answer of held.splice(0)) answer();
    },
  };
}

/** Speaks first: one line as soon as somebody connects. Then answers lines, until the client ends. */
export async function serveGreeting({ pod, host, port }: Serving): Promise<RunningServer> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.write(`welcome to ${pod}\n`);
    socket.on('data', (line) => socket.write(`${pod}: ${line}`));
  });
  return listening(server, port, host);
}

/** The same over the application's own TLS, which is nobody else's business. Certificate and key are PEM. */
export async function serveTlsGreeting({
  pod,
  host,
  port,
  cert,
  key,
}: Serving & { readonly cert: string; readonly key: string }): Promise<RunningServer> {
  const server = createTlsServer({ cert, key }, (socket) => {
    socket.on('error', () => {});
    socket.write(`welcome to ${pod}\n`);
  });
  return listening(server, port, host);
}

/** `/test.Echo/Say` answers bytes with the pod and the bytes; `/test.Echo/Chat` each message of a stream. */
export async function serveGrpc({ pod, host, port }: Serving): Promise<RunningServer> {
  const { Server, ServerCredentials } = await import('@grpc/grpc-js');
  const { echo } = await import('./echo-service.ts');
  const answer = (message: Buffer) => Buffer.from(`${pod}: ${message}`);
  const server = new Server();
  server.addService(echo, {
    Say: (call: { request: Buffer }, reply: (error: null, message: Buffer) => void) =>
      reply(null, answer(call.request)),
    Chat: (call: NodeJS.ReadWriteStream) => {
      call.on('data', (message: Buffer) => call.write(answer(message) as unknown as string));
      call.on('end', () => call.end());
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host ?? '[::]'}:${port}`, ServerCredentials.createInsecure(), (error, chosen) =>
      error === null ? resolve(chosen) : reject(error),
    );
  });
  return { port: bound, stop: async () => server.forceShutdown() };
}

/** Answers each datagram with the pod and the datagram, and remembers them all. */
export async function serveUdp({
  pod,
  host,
  port,
}: Serving): Promise<RunningServer & { readonly heard: readonly string[] }> {
  const heard: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, sender) => {
    heard.push(String(message));
    socket.send(`${pod}: ${message}`, sender.port, sender.address);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  return {
    heard,
    port: socket.address().port,
    stop: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

async function listening(server: HttpServer | TcpServer, port: number, host?: string): Promise<RunningServer> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return {
    port: address.port,
    stop: async () => {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
