/** What a pod's program can be told to do. Arguments and answers go from process to process, so they are plain data. */
import { callGrpc, callHttp, callTcp, callUdp, callWebSocket, chatGrpc } from './calls.ts';
import { type RunningServer, type Serving, serveGreeting, serveGrpc, serveHttp, serveUdp } from './servers.ts';

const heard = new Map<number, readonly string[]>();

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
