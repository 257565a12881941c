/** The whole control plane in this process: a source, the loop, the gRPC server, and fake Envoys that connect to it. */
import type { TestContext } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { ControlPlane, type ControlPlaneOptions } from '../control/control-plane.ts';
import type { ControlEvent } from '../control/events.ts';
import { validateResource } from '../control/validation.ts';
import { CertificateAuthority, createRoot, type RootKeyPair } from '../identity/certificate-authority.ts';
import { systemClock } from '../lib/clock.ts';
import { defaultMeshOptions } from '../mesh/options.ts';
import type { Source } from '../sources/source.ts';
import { defaultTranslationOptions } from '../translators/options.ts';
import { FakeEnvoy, type FakeEnvoyOptions } from './fake-envoy.ts';
import { MemorySource } from './memory-source.ts';

/** Milliseconds. Only ever used up by a test that fails. */
const patience = 20_000;

export type Settled = Extract<ControlEvent, { readonly type: 'settled' }>;

export interface RunningOptions<S extends Source> extends Partial<Omit<ControlPlaneOptions, 'authority'>> {
  readonly source: S;
  readonly root?: RootKeyPair;
  /** Default: any free one. */
  readonly port?: number;
}

export class RunningMesh<S extends Source = MemorySource> {
  readonly plane: ControlPlane;
  readonly source: S;
  readonly root: RootKeyPair;
  readonly events: ControlEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #envoys = new Set<FakeEnvoy>();
  #address = '';

  private constructor(plane: ControlPlane, source: S, root: RootKeyPair) {
    this.plane = plane;
    this.source = source;
    this.root = root;
    plane.listen((event) => {
      this.events.push(event);
      for (const check of this.#waiting) check();
    });
  }

  /** Listens on a free port; ends with the test. */
  static async start<S extends Source>(t: TestContext, options: RunningOptions<S>): Promise<RunningMesh<S>> {
    const root = options.root ?? (await createRoot('cluster.local', options.clock ?? systemClock));
    const plane = new ControlPlane(options.source, {
      mesh: defaultMeshOptions,
      translation: defaultTranslationOptions,
      validate: validateResource,
      ...options,
      authority: await CertificateAuthority.open(root, options.clock ?? systemClock),
    });
    const mesh = new RunningMesh(plane, options.source, root);
    const { host, port } = await plane.start({ host: '127.0.0.1', port: options.port ?? 0 });
    mesh.#address = `${host}:${port}`;
    t.after(() => mesh.stop());
    return mesh;
  }

  /** A control plane on objects, which has read them. */
  static async of(t: TestContext, ...objects: readonly ObjectChange[]): Promise<RunningMesh> {
    const source = new MemorySource();
    source.apply(...objects);
    const mesh = await RunningMesh.start(t, { source });
    await mesh.until('everything has been read', (event) => (event.type === 'settled' ? event : undefined));
    return mesh;
  }

  get address(): string {
    return this.#address;
  }

  get port(): number {
    return Number(this.#address.split(':').at(-1));
  }

  /** The sidecar of a pod, which has got all that there is for it. */
  async connect(pod: string, options: Partial<FakeEnvoyOptions> = {}): Promise<FakeEnvoy> {
    const envoy = this.envoy(pod, options).start();
    await envoy.whenReceived(1);
    await quiet(envoy);
    return envoy;
  }

  /** One that has not begun yet. */
  envoy(pod: string, options: Partial<FakeEnvoyOptions> = {}): FakeEnvoy {
    const envoy = new FakeEnvoy({
      address: this.#address,
      node: { id: pod, metadata: { 'smi-envoy.io': { sidecar: 'transparent' } } },
      variant: 'delta',
      aggregated: true,
      follow: true,
      ...options,
    });
    this.#envoys.add(envoy);
    return envoy;
  }

  /** What the first event brings, from the first there was, of which there is something to find. */
  until<T>(sentence: string, find: (event: ControlEvent) => T | undefined, from = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const seen = this.events.slice(from).map(({ type }) => type);
        reject(new Error(`waited in vain until ${sentence}; seen: ${seen.join(', ')}`));
      }, patience);
      let next = from;
      const check = () => {
        for (; next < this.events.length; next++) {
          const event = this.events[next];
          const found = event === undefined ? undefined : find(event);
          if (found === undefined) continue;
          clearTimeout(timer);
          this.#waiting.delete(check);
          resolve(found);
          return;
        }
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Makes a change, and waits until everybody whom it concerns has acknowledged it and nothing more comes of it. */
  async after(change: () => void): Promise<Settled> {
    const from = this.events.length;
    change();
    const settled = await this.until(
      'the change has settled',
      (event) => (event.type === 'settled' ? event : undefined),
      from,
    );
    for (const envoy of this.#envoys) if (envoy.ended === undefined) await quiet(envoy);
    return settled;
  }

  async stop(): Promise<void> {
    for (const envoy of this.#envoys) envoy.close();
    this.#envoys.clear();
    await this.plane.stop();
  }
}

/** Resolves when what an Envoy asks because of what it got has been answered too, and so on to the end. */
export async function quiet(envoy: FakeEnvoy): Promise<void> {
  for (let seen = -1; seen < envoy.received.length; ) {
    seen = envoy.received.length;
    await envoy.quiet();
  }
}
