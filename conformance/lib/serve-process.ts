import { join } from 'node:path';
import { Daemon } from './daemon.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './scratch.ts';

/** `smi-envoy serve` on a directory, as a process that can be killed, and started again where it was. */
export class ServeProcess implements AsyncDisposable {
  readonly xdsPort: number;
  readonly #start: () => Promise<Daemon>;
  readonly #adminPort: number;
  #daemon: Daemon | undefined;

  private constructor(folder: string, manifests: string, ports: { readonly xds: number; readonly admin: number }) {
    this.xdsPort = ports.xds;
    this.#adminPort = ports.admin;
    const main = join(import.meta.dirname, '../../src/main.ts');
    const flags = [
      ...['--directory', manifests, '--state-dir', join(folder, 'state')],
      ...['--xds-address', `127.0.0.1:${ports.xds}`, '--admin-address', `127.0.0.1:${ports.admin}`],
    ];
    this.#start = () =>
      Daemon.start({ program: process.execPath, args: [main, 'serve', ...flags], logFile: join(folder, 'serve.log') });
  }

  /** Its state and its log go into the folder. Resolves when it serves. */
  static async start(folder: string, manifests: string): Promise<ServeProcess> {
    const server = new ServeProcess(folder, manifests, await freePorts('xds', 'admin'));
    await server.restart();
    return server;
  }

  /** Ends it without asking. */
  async kill(): Promise<void> {
    await this.#daemon?.kill();
  }

  async restart(): Promise<void> {
    const daemon = await this.#start();
    this.#daemon = daemon;
    await eventually('smi-envoy to be ready', async () => (await this.#admin('/readyz')).ok, {
      giveUp: () => (daemon.end === undefined ? undefined : `smi-envoy ${daemon.obituary()}`),
    });
  }

  /** Makes a change to what it reads, and resolves when every Envoy that it concerns has acknowledged it. */
  async settle(change: () => void): Promise<void> {
    const before = this.#settled();
    change();
    await eventually('every Envoy to acknowledge the change', () => this.#settled() > before);
  }

  /** Of the proxies that are connected, those that have acknowledged everything. */
  async upToDate(): Promise<readonly string[]> {
    const proxies = (await (await this.#admin('/debug/proxies')).json()) as readonly {
      readonly proxy: string;
      readonly behind: number;
    }[];
    return proxies.filter(({ behind }) => behind === 0).map(({ proxy }) => proxy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.stop();
  }

  /** How many changes its log says to be acknowledged. */
  #settled(): number {
    return this.#daemon?.log().match(/"ackedMs":.*"msg":"changed: /g)?.length ?? 0;
  }

  #admin(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#adminPort}${path}`, { signal: AbortSignal.timeout(5_000) });
  }
}
