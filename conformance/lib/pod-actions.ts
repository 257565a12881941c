/** What a pod's program can be told to do. Arguments and answers go from process to process, so they are plain data. */
import {
  type Conversation,
  callGrpc,
  callHttp,
  callTcp,
  callTls,
  callUdp,
  callWebSocket,
  chatGrpc,
  converseOverTcp,
  converseOverWebSocket,
  type HttpCall,
} from './calls.ts';
import { Load } from './load.ts';
import {
  type RunningHttpServer,
  type RunningServer,
  type Serving,
  serveGreeting,
  serveGrpc,
  serveHttp,
  serveTlsGreeting,
  serveUdp,
} from './servers.ts';
import { tally } from './shares.ts';

const servers = new Map<number, RunningServer>();
const httpServers = new Map<number, RunningHttpServer>();
const heard = new Map<number, readonly string[]>();
const conversations: Conversation[] = [];
let load: Load | undefined;

/** Resolves when it serves, until the program ends or is told to stop. */
const serving =
  <O extends Serving, S extends RunningServer>(
    serve: (serving: O) => Promise<S>,
    keep?: (port: number, server: S) => void,
  ) =>
  async (options: O): Promise<void> => {
    const server = await serve(options);
    servers.set(options.port, server);
    keep?.(options.port, server);
  };

export const podActions = {
  serveHttp: serving(serveHttp, (port, server) => httpServers.set(port, server)),
  serveGreeting: serving(serveGreeting),
  serveTlsGreeting: serving(serveTlsGreeting),
  serveGrpc: serving(serveGrpc),
  serveUdp: serving(serveUdp, (port, server) => heard.set(port, server.heard)),
  /** Closes the port, and every connection to it. */
  stopServing: async (port: number): Promise<void> => servers.get(port)?.stop(),
  /** Every datagram that came to the UDP port. */
  heardOnUdp: (port: number): readonly string[] => heard.get(port) ?? [],
  /** How many answers are held back. */
  held: (port: number): number => httpServers.get(port)?.held ?? 0,
  release: (port: number): void => httpServers.get(port)?.release(),

  callHttp,
  callTcp,
  callTls,
  callGrpc,
  chatGrpc,
  callWebSocket,
  callUdp,
  /** These two give the number of a conversation that goes on until the program ends. */
  converseOverTcp: async (host: string, port: number): Promise<number> =>
    conversations.push(await converseOverTcp(host, port)) - 1,
  converseOverWebSocket: async (url: string): Promise<number> =>
    conversations.push(await converseOverWebSocket(url)) - 1,
  say: async (conversation: number, text: string): Promise<string | undefined> =>
    conversations[conversation]?.say(text),

  beginLoad(calls: readonly HttpCall[]): void {
    load = new Load(calls);
  },
  /** Resolves when so many more requests were answered. */
  passLoad: async (requests: number): Promise<void> => load?.pass(requests),
  /** How often each outcome occurred: `200 web-1`, `503 upstream connect error`. */
  async endLoad(): Promise<Readonly<Partial<Record<string, number>>>> {
    const answers = (await load?.stop()) ?? [];
    return tally(answers.map(({ status, said, denied = '', text }) => `${status} ${said['pod'] ?? denied + text}`));
  },

  /** For what listens on the pod's own loopback only, such as Envoy's admin interface. */
  async fetch(url: string, method: 'GET' | 'POST'): Promise<{ readonly status: number; readonly body: string }> {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: await response.text() };
  },
} as const;

export type PodActions = typeof podActions;

export interface Order {
  readonly id: number;
  readonly action: keyof PodActions;
  readonly args: readonly unknown[];
}

export type Report =
  | { readonly id: number; readonly result: unknown; readonly error?: undefined }
  | { readonly id: number; readonly error: string };
