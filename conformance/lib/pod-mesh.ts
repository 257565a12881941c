import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Envoy } from './envoy.ts';
import { type Manifest, namespace, type PodOptions, pod as podManifest } from './manifests.ts';
import { MeshInProcess } from './mesh-in-process.ts';
import { type PodNamespace, PodNetwork, sidecarUser } from './namespaces.ts';
import { PodProgram } from './pod-program.ts';
import { envoyProgram } from './requirements.ts';
import { makeScratch, type Scratch } from './scratch.ts';

export interface MeshPodOptions extends Omit<PodOptions, 'addresses'> {
  /** `none`: a pod without; `stranger`: one that the mesh knows nothing of. */
  readonly sidecar: 'transparent' | 'explicit' | 'none' | 'stranger';
}

/** A pod: a network namespace with a program in it, and beside that an Envoy if it has a sidecar. */
export interface RunningPod {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly manifest: Manifest;
  readonly do: PodProgram['do'];
  readonly forward: PodNamespace['forward'];
  /** Throws where there is none. */
  readonly envoy: Envoy;
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

  /** Resolves when every Envoy has its first configuration. `objects` are those that are there besides the pods. */
  static async start<Name extends string>(
    options: Readonly<Record<Name, MeshPodOptions>>,
    objects: readonly Manifest[],
  ): Promise<PodMesh<Name>> {
    await using resources = new AsyncDisposableStack();
    const scratch = resources.use(makeScratch('pods'));
    const network = resources.use(await PodNetwork.open());
    const envoy = shareEnvoy(scratch);
    const pods = await Promise.all(
      (Object.entries(options) as [Name, MeshPodOptions][]).map(async ([name, written]) => {
        const place = await network.addPod({ intercepted: written.sidecar === 'transparent' });
        const program = await PodProgram.start(place, name);
        return { name, written, place, program, manifest: manifestOf(name, written, place) };
      }),
    );
    const known = pods.filter(({ written }) => written.sidecar !== 'stranger').map(({ manifest }) => manifest);
    const control = resources.use(await MeshInProcess.open(scratch.folder, network.host, [...known, ...objects]));
    const running = await Promise.all(
      pods.map(async ({ name, written, place, program, manifest }): Promise<[Name, RunningPod]> => {
        const hasSidecar = written.sidecar === 'transparent' || written.sidecar === 'explicit';
        const sidecar = hasSidecar
          ? await startSidecar(
              join(scratch.folder, name),
              envoy,
              place,
              program,
              control.bootstrapOf(`${namespace}/${name}`),
            )
          : undefined;
        const [ipv4, ipv6] = place.addresses;
        return [
          name,
          {
            ipv4,
            ipv6,
            manifest,
            do: program.do.bind(program) as PodProgram['do'],
            forward: place.forward,
            get envoy() {
              if (sidecar === undefined) throw new Error(`${name} has no sidecar`);
              return sidecar;
            },
          },
        ];
      }),
    );
    return new PodMesh(control, new Map(running), resources.move());
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

function manifestOf(name: string, options: MeshPodOptions, place: PodNamespace): Manifest {
  const { sidecar, annotations, ...rest } = options;
  return podManifest(name, {
    ...rest,
    addresses: place.addresses,
    annotations: { ...annotations, ...(sidecar === 'stranger' ? {} : { sidecar }) },
  });
}

/** The Envoy may be where only root can look, and sidecars are not root. */
function shareEnvoy(scratch: Scratch): string {
  const file = join(scratch.folder, 'envoy');
  copyFileSync(envoyProgram(), file);
  chmodSync(file, 0o755);
  return file;
}

function startSidecar(
  folder: string,
  envoy: string,
  place: PodNamespace,
  program: PodProgram,
  bootstrap: object,
): Promise<Envoy> {
  mkdirSync(folder);
  chownSync(folder, sidecarUser, sidecarUser);
  return Envoy.start({
    bootstrap,
    folder,
    // Long enough for every connection that is in use to be closed after an answer, not before one.
    drainSeconds: 3,
    wrap: (_, args) => place.inside(envoy, args, sidecarUser),
    fetchAdmin: (url, method) => program.do('fetch', url, method),
  });
}
