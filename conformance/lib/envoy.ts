import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from './daemon.ts';
import { eventually } from './eventually.ts';
import { envoyProgram } from './requirements.ts';
import { makeScratch } from './scratch.ts';

/** A bootstrap in JSON form, or YAML text. */
export type BootstrapConfig = object | string;

export interface EnvoyOptions {
  readonly bootstrap: BootstrapConfig;
  /** Config, log and admin address go here. */
  readonly folder: string;
  /** Worker threads. */
  readonly concurrency?: number;
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warning' | 'error';
  /**
   * What to wait for: that the admin server answers, or that the first configuration is complete and the listeners are
   * open (which needs a control plane that answers, when the bootstrap names one).
   */
  readonly until?: 'admin' | 'ready';
  /** Milliseconds to wait for that. */
  readonly within?: number;
  /** Wraps the command line, say to run it in a network namespace. */
  readonly wrap?: (program: string, args: readonly string[]) => readonly [string, readonly string[]];
  /** How to reach the admin server; the loopback of a network namespace is not ours. */
  readonly fetchAdmin?: (url: string, method: 'GET' | 'POST') => Promise<AdminAnswer>;
  readonly args?: readonly string[];
  /**
   * How long connections of a listener that is replaced may live on; on its own Envoy gives them ten minutes. Default 1.
   */
  readonly drainSeconds?: number;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** A real Envoy. The bootstrap should give the admin server port 0. */
export class Envoy implements AsyncDisposable {
  readonly daemon: Daemon;
  /** `address:port` of the admin server. */
  readonly adminAddress: string;
  readonly #fetch: (url: string, method: 'GET' | 'POST') => Promise<AdminAnswer>;

  private constructor(daemon: Daemon, adminAddress: string, fetchAdmin: Envoy['admin']) {
    this.daemon = daemon;
    this.adminAddress = adminAddress;
    this.#fetch = fetchAdmin;
  }

  /** Starts an Envoy and waits for it. It is stopped again when that fails. */
  static async start(options: EnvoyOptions): Promise<Envoy> {
    mkdirSync(options.folder, { recursive: true });
    const addressFile = join(options.folder, 'admin-address');
    rmSync(addressFile, { force: true });
    const args = [
      ...['--config-path', writeBootstrap(options.folder, options.bootstrap)],
      ...['--admin-address-path', addressFile],
      ...['--concurrency', String(options.concurrency ?? 1)],
      ...['--log-level', options.logLevel ?? 'info'],
      ...['--drain-time-s', String(options.drainSeconds ?? 1), '--parent-shutdown-time-s', '60'],
      '--disable-hot-restart',
      ...(options.args ?? []),
    ];
    const [program, wrapped] = options.wrap?.(envoyProgram(), args) ?? [envoyProgram(), args];
    const daemon = await Daemon.start({ program, args: wrapped, logFile: join(options.folder, 'envoy.log') });
    const patience = {
      within: options.within ?? 20_000,
      giveUp: () => (daemon.end === undefined ? undefined : `Envoy ${daemon.obituary()}`),
    };
    try {
      const address = await eventually('the address of the admin server', () => readAddress(addressFile), patience);
      const envoy = new Envoy(daemon, address, options.fetchAdmin ?? fetchDirectly);
      if (options.until !== 'admin') await eventually('Envoy to be ready', () => envoy.isReady(), patience);
      return envoy;
    } catch (error) {
      await daemon.kill();
      throw error;
    }
  }

  /** Asks the admin server, e.g. `/clusters?format=json`. Any status is an answer. */
  admin(path: string, method: 'GET' | 'POST' = 'GET'): Promise<AdminAnswer> {
    return this.#fetch(`http://${this.adminAddress}${path}`, method);
  }

  /** https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--ready */
  async isReady(): Promise<boolean> {
    return (await this.admin('/ready')).status === 200;
  }

  /** The configuration it runs with, endpoints included. */
  async configDump(): Promise<unknown> {
    return JSON.parse((await this.admin('/config_dump?include_eds')).body);
  }

  /** Counters and gauges whose name matches the regular expression. */
  async stats(filter: string): Promise<ReadonlyMap<string, number>> {
    const { body } = await this.admin(`/stats?format=json&filter=${encodeURIComponent(filter)}`);
    const { stats } = JSON.parse(body) as { stats: { name?: string; value?: number }[] };
    return new Map(
      stats.flatMap(({ name, value }) => (name === undefined || value === undefined ? [] : [[name, value]])),
    );
  }

  /** The local address of a listener, which is how a port 0 is learnt. Waits for the listener. */
  async listenerAddress(name: string): Promise<{ readonly address: string; readonly port: number }> {
    return eventually(`Envoy's listener ${name}`, async () => {
      const { body } = await this.admin('/listeners?format=json');
      const { listener_statuses: listeners = [] } = JSON.parse(body) as ListenersAnswer;
      const socket = listeners.find((listener) => listener.name === name)?.local_address?.socket_address;
      return socket === undefined ? undefined : { address: socket.address, port: socket.port_value };
    });
  }

  log(): string {
    return this.daemon.log();
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
  }

  async kill(): Promise<void> {
    await this.daemon.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

interface ListenersAnswer {
  readonly listener_statuses?: readonly {
    readonly name: string;
    readonly local_address?: { readonly socket_address?: { readonly address: string; readonly port_value: number } };
  }[];
}

/** What Envoy says of a configuration without running it: undefined when it would start, else its reason. */
export async function envoyVerdict(bootstrap: BootstrapConfig): Promise<string | undefined> {
  using scratch = makeScratch('validate');
  const args = [
    '--mode',
    'validate',
    '--log-level',
    'critical',
    '--config-path',
    writeBootstrap(scratch.folder, bootstrap),
  ];
  return await new Promise((resolve, reject) => {
    execFile(envoyProgram(), args, { timeout: 60_000, maxBuffer: 64 << 20 }, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined);
      else if (typeof error.code === 'number') resolve(stderr.trim() || error.message);
      else reject(error);
    });
  });
}

function writeBootstrap(folder: string, bootstrap: BootstrapConfig): string {
  const isText = typeof bootstrap === 'string';
  const file = join(folder, isText ? 'bootstrap.yaml' : 'bootstrap.json');
  writeFileSync(file, isText ? bootstrap : JSON.stringify(bootstrap, undefined, 2));
  return file;
}

function readAddress(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined;
}

async function fetchDirectly(url: string, method: 'GET' | 'POST'): Promise<AdminAnswer> {
  const response = await fetch(url, { method, signal: AbortSignal.timeout(10_000) });
  return { status: response.status, body: await response.text() };
}
