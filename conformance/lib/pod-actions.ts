/** What a pod's program can be told to do. Arguments and answers go from process to process, so they are plain data. */
import { callGrpc, callHttp, callTcp, callUdp, callWebSocket, chatGrpc, type HttpCall } from './calls.ts';
import { Load } from './load.ts';
import { type RunningServer, type Serving, serveGreeting, serveGrpc, serveHttp, serveUdp } from './servers.ts';
import { tally } from './shares.ts';

const heard = new Map<number, readonly string[]>();
let load: Load | undefined;

/** Resolves when it serves, until the program ends. */
const serving =
  (serve: (serving: Serving) => Promise<RunningServer>) =>
  async (options: Serving): Promise<void> => {
    await serve(options);
  };

export const podActions = {
  serveHttp: serving(serveHttp),
  serveGreeting: serving(serveGreeting),
  serveGrpc: serving(serveGrpc),
  async serveUdp(options: Serving): Promise<void> {
    heard.set(options.port, (await serveUdp(options)).heard);
  },
  /** Every datagram that came to the UDP port. */
  heardOnUdp: (port: number): readonly string[] => heard.get(port) ?? [],
  callHttp,
  callTcp,
  callGrpc,
  chatGrpc,
  callWebSocket,
  callUdp,
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
