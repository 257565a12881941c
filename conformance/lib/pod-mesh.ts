import { chmodSync, chownSync, copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Envoy } from './envoy.ts';
import { type Manifest, namespace, type PodOptions, pod as podManifest } from './manifests.ts';
import { MeshInProcess } from './mesh-in-process.ts';
import { type PodNamespace, PodNetwork, sidecarUser } from './namespaces.ts';
import type { PodActions } from './pod-actions.ts';
import { PodProgram } from './pod-program.ts';
import { envoyProgram } from './requirements.ts';
import { makeScratch, type Scratch } from './scratch.ts';

export interface MeshPodOptions extends Omit<PodOptions, 'addresses'> {
  /** `none`: a pod without; `stranger`: one that the mesh knows nothing of. */
  readonly sidecar: 'transparent' | 'explicit' | 'none' | 'stranger';
}

/** A mesh of real pods on this machine. Needs root. */
export class PodMesh<Name extends string> implements AsyncDisposable {
  readonly control: MeshInProcess;
  readonly #pods: ReadonlyMap<Name, RunningPod>;
  readonly #resources: AsyncDisposableStack;

  private constructor(control: MeshInProcess, pods: ReadonlyMap<Name, RunningPod>, resources: AsyncDisposableStack) {
    this.control = control;
    this.#pods = pods;
    this.#resources = resources;
  }

  /**
   * Resolves when every Envoy has its first configuration. `objects` are those that are there besides the pods;
   * `concurrency` is the number of the Envoys' workers.
   */
  static async start<Name extends string>(
    options: Readonly<Record<Name, MeshPodOptions>>,
    objects: readonly Manifest[],
    concurrency = 1,
  ): Promise<PodMesh<Name>> {
    await using resources = new AsyncDisposableStack();
    const scratch = resources.use(makeScratch('pods'));
    const network = resources.use(await PodNetwork.open());
    const envoy = { program: shareEnvoy(scratch), concurrency };
    const named = Object.entries(options) as [Name, MeshPodOptions][];
    const pods = new Map<Name, RunningPod>();
    for (const [name, written] of named) {
      const place = await network.addPod({ intercepted: written.sidecar === 'transparent' });
      pods.set(name, new RunningPod(name, written, place, envoy, join(scratch.folder, name)));
    }
    await Promise.all(pods.values().map((pod) => pod.startProgram()));
    const manifests = named.flatMap(([name, { sidecar }]) =>
      sidecar === 'stranger' ? [] : (pods.get(name)?.manifest ?? []),
    );
    const control = resources.use(await MeshInProcess.open(scratch.folder, network.host, [...manifests, ...objects]));
    const meant = named.filter(([, { sidecar }]) => sidecar === 'transparent' || sidecar === 'explicit');
    await Promise.all(meant.map(([name]) => pods.get(name)?.startSidecar(control.bootstrapOf(`${namespace}/${name}`))));
    return new PodMesh(control, pods, resources.move());
  }

  pod(name: Name): RunningPod {
    const pod = this.#pods.get(name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    return pod;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** A network namespace with a program in it, and beside that an Envoy if it has a sidecar. */
class RunningPod {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly manifest: Manifest;
  readonly #name: string;
  readonly #options: MeshPodOptions;
  readonly #place: PodNamespace;
  readonly #executable: { readonly program: string; readonly concurrency: number };
  readonly #folder: string;
  #program: PodProgram | undefined;
  #bootstrap: object = {};
  #envoy: Envoy | undefined;

  constructor(
    name: string,
    options: MeshPodOptions,
    place: PodNamespace,
    executable: { readonly program: string; readonly concurrency: number },
    folder: string,
  ) {
    this.#name = name;
    this.#options = options;
    this.#place = place;
    this.#executable = executable;
    this.#folder = folder;
    [this.ipv4, this.ipv6] = place.addresses;
    this.manifest = this.manifestWith({});
  }

  /** As it is, but for some of it. */
  manifestWith(changes: Partial<PodOptions>): Manifest {
    const { sidecar, annotations, ...rest } = { ...this.#options, ...changes };
    return podManifest(this.#name, {
      ...rest,
      addresses: this.#place.addresses,
      annotations: { ...annotations, ...(sidecar === 'stranger' ? {} : { sidecar }) },
    });
  }

  do<Action extends keyof PodActions>(
    action: Action,
    ...args: Parameters<PodActions[Action]>
  ): Promise<Awaited<ReturnType<PodActions[Action]>>> {
    if (this.#program === undefined) throw new Error(`nothing runs in ${this.#name}`);
    return this.#program.do(action, ...args);
  }

  forward(...route: Parameters<PodNamespace['forward']>): Promise<void> {
    return this.#place.forward(...route);
  }

  /** Throws where there is none. */
  get envoy(): Envoy {
    if (this.#envoy === undefined) throw new Error(`${this.#name} has no sidecar`);
    return this.#envoy;
  }

  async startProgram(): Promise<void> {
    this.#program = await PodProgram.start(this.#place, this.#name);
  }

  /** Resolves when it is ready. Without a bootstrap: with the one from before. */
  async startSidecar(bootstrap?: object): Promise<void> {
    if (bootstrap !== undefined) this.#bootstrap = bootstrap;
    mkdirSync(this.#folder, { recursive: true });
    chownSync(this.#folder, sidecarUser, sidecarUser);
    const { program, concurrency } = this.#executable;
    this.#envoy = await Envoy.start({
      bootstrap: this.#bootstrap,
      folder: this.#folder,
      concurrency,
      // Long enough for every connection that is in use to be closed after an answer, not before one.
      drainSeconds: 3,
      wrap: (_, args) => this.#place.inside(program, args, sidecarUser),
      fetchAdmin: (url, method) => this.do('fetch', url, method),
    });
  }

  /** Without asking. */
  async killSidecar(): Promise<void> {
    await this.envoy.kill();
  }
}

/** The Envoy may be where only root can look, and sidecars are not root. */
function shareEnvoy(scratch: Scratch): string {
  const file = join(scratch.folder, 'envoy');
  try {
    linkSync(envoyProgram(), file);
  } catch {
    // On another file system.
    copyFileSync(envoyProgram(), file);
    chmodSync(file, 0o755);
  }
  return file;
}
