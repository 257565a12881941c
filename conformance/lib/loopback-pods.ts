import { createServer } from 'node:net';
import { join } from 'node:path';
import { Envoy } from './envoy.ts';
import { eventually } from './eventually.ts';
import { type Manifest, namespace, type PodOptions, pod as podManifest } from './manifests.ts';
import { freePorts, makeScratch, type Scratch } from './scratch.ts';

export interface LoopbackPodOptions extends Omit<PodOptions, 'addresses'> {
  readonly sidecar: 'explicit' | 'none';
  /** Services that it reaches by local ports: `db:5432`. */
  readonly upstreams?: readonly string[];
}

export interface LoopbackPod {
  /** Of the pod: where others reach it, by its sidecar if it has one. */
  readonly address: string;
  /** Where its application listens: on an address of its own if there is a sidecar on the pod's. */
  readonly application: string;
  /** Its sidecar as an HTTP proxy, `host:port`. */
  readonly proxy: string;
  /** The local port that leads to an upstream. */
  localPort(upstream: string): number;
  readonly manifest: Manifest;
  /** Throws where there is none. */
  readonly envoy: Envoy;
  /** Ends the sidecar without asking. */
  kill(): Promise<void>;
  /** Starts it again, and waits until it is ready. */
  restart(): Promise<void>;
}

/** Envoy keeps what it logs for 10 s. */
const flushLogsSoon = ['--file-flush-interval-msec', '50'];

/** Where explicit sidecars listen for others. */
const inboundPort = 15006;

/** Pods that share this machine: each has loopback addresses of its own, and its sidecar is explicit. Needs no root. */
export class LoopbackPods<Name extends string> implements AsyncDisposable {
  /** Files of whoever uses the pods may go here as well. */
  readonly folder: string;
  readonly #scratch: Scratch;
  readonly #pods = new Map<Name, LoopbackPod>();
  readonly #envoys = new Map<Name, Envoy>();
  #concurrency = 1;
  #bootstrapOf: (pod: string) => object = () => {
    throw new Error('the sidecars have not been started yet');
  };

  private constructor() {
    this.#scratch = makeScratch('loopback');
    this.folder = this.#scratch.folder;
  }

  static async place<Name extends string>(
    options: Readonly<Record<Name, LoopbackPodOptions>>,
  ): Promise<LoopbackPods<Name>> {
    const pods = new LoopbackPods<Name>();
    const network = await findNetwork();
    let number = 0;
    for (const [name, written] of Object.entries(options) as [Name, LoopbackPodOptions][]) {
      pods.#pods.set(name, await pods.#place(name, written, `${network}.${++number}`, `${network}.${100 + number}`));
    }
    return pods;
  }

  /** Of all pods that are there. */
  get manifests(): readonly Manifest[] {
    return [...this.#pods.values()].map(({ manifest }) => manifest);
  }

  /**
   * Resolves when every Envoy has its first configuration. `concurrency` is the number of their workers: with one, the
   * first answer by a new configuration is the last by the old.
   */
  async startSidecars(bootstrapOf: (pod: string) => object, concurrency = 1): Promise<void> {
    this.#concurrency = concurrency;
    this.#bootstrapOf = bootstrapOf;
    const explicit = [...this.#pods].filter(([, { proxy }]) => proxy !== '');
    await Promise.all(explicit.map(([name]) => this.#start(name)));
  }

  pod(name: Name): LoopbackPod {
    const pod = this.#pods.get(name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    return pod;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#envoys.values()].map((envoy) => envoy.kill()));
    this.#scratch[Symbol.dispose]();
  }

  async #place(name: Name, options: LoopbackPodOptions, address: string, own: string): Promise<LoopbackPod> {
    const { sidecar, upstreams = [], annotations, ...rest } = options;
    const isExplicit = sidecar === 'explicit';
    const ports: Readonly<Record<string, number>> = await freePorts('proxy', ...upstreams);
    const written = upstreams.map((upstream) => `${ports[upstream]}=${upstream}`).join(', ');
    const explicit = {
      'app-address': own,
      'inbound-port': String(inboundPort),
      'outbound-port': String(ports['proxy']),
      ...(upstreams.length === 0 ? {} : { upstreams: written }),
    };
    const envoyOf = () => {
      const envoy = this.#envoys.get(name);
      if (envoy === undefined) throw new Error(`${name} has no sidecar that runs`);
      return envoy;
    };
    return {
      address,
      application: isExplicit ? own : address,
      proxy: isExplicit ? `127.0.0.1:${ports['proxy']}` : '',
      localPort: (upstream) => ports[upstream] ?? 0,
      manifest: podManifest(name, {
        ...rest,
        addresses: [address],
        annotations: { sidecar, ...(isExplicit ? explicit : {}), ...annotations },
      }),
      get envoy() {
        return envoyOf();
      },
      kill: () => envoyOf().kill(),
      restart: () => this.#start(name),
    };
  }

  async #start(name: Name): Promise<void> {
    const folder = join(this.folder, `${name}-${this.#envoys.size}`);
    const bootstrap = this.#bootstrapOf(`${namespace}/${name}`);
    this.#envoys.set(
      name,
      await Envoy.start({ bootstrap, folder, concurrency: this.#concurrency, args: flushLogsSoon }),
    );
  }
}

/** The first three numbers of loopback addresses that nobody else uses: others may run tests on this machine as well. */
async function findNetwork(): Promise<string> {
  return eventually('unused loopback addresses', async () => {
    const network = `127.${64 + Math.floor(Math.random() * 128)}.${Math.floor(Math.random() * 256)}`;
    return (await isFree(`${network}.1`)) ? network : undefined;
  });
}

const isFree = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(inboundPort, host, () => server.close(() => resolve(true)));
  });
