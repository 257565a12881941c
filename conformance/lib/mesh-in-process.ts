import { ControlPlane } from '../../src/control/control-plane.ts';
import type { ControlEvent } from '../../src/control/events.ts';
import { validateResource } from '../../src/control/validation.ts';
import { CertificateAuthority, createRoot } from '../../src/identity/certificate-authority.ts';
import type { Address } from '../../src/lib/address.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { MeshModel } from '../../src/mesh/model.ts';
import { defaultMeshOptions } from '../../src/mesh/options.ts';
import type { NamespacedName } from '../../src/objects/object-ref.ts';
import { DirectorySource } from '../../src/sources/directory/directory-source.ts';
import { printBootstrap } from '../../src/translators/bootstrap.ts';
import { defaultTranslationOptions } from '../../src/translators/options.ts';
import { eventually } from './eventually.ts';
import { type ManifestChange, ManifestDirectory } from './manifest-directory.ts';
import type { Manifest } from './manifests.ts';

/** A control plane in this process, on a directory, for real Envoys. */
export class MeshInProcess implements AsyncDisposable {
  readonly #plane: ControlPlane;
  readonly #manifests: ManifestDirectory;
  readonly #xds: Address;
  readonly #faults: string[] = [];

  private constructor(plane: ControlPlane, manifests: ManifestDirectory, xds: Address) {
    this.#plane = plane;
    this.#manifests = manifests;
    this.#xds = xds;
    plane.listen((event) => {
      const fault = faultOf(event);
      if (fault !== undefined) this.#faults.push(fault);
    });
  }

  /** Listens on a free port of `host`. The directory is made in `folder`. */
  static async open(folder: string, host: string, objects: readonly Manifest[]): Promise<MeshInProcess> {
    const manifests = new ManifestDirectory(folder, objects);
    const root = await createRoot(defaultMeshOptions.trustDomain, systemClock);
    const plane = new ControlPlane(new DirectorySource({ path: manifests.path }), {
      mesh: defaultMeshOptions,
      translation: defaultTranslationOptions,
      authority: await CertificateAuthority.open(root, systemClock),
      validate: validateResource,
    });
    const mesh = new MeshInProcess(plane, manifests, await plane.start({ host, port: 0 }));
    await eventually('the directory to be read', () => plane.current !== undefined);
    return mesh;
  }

  get model(): MeshModel {
    if (this.#plane.current === undefined) throw new Error('a mesh is open once it has read its directory');
    return this.#plane.current.mesh;
  }

  /** `warning BackendMissing TrafficSplit/shop/canary` */
  get problems(): readonly string[] {
    return this.#plane
      .diagnostics()
      .map(
        ({ severity, reason, object: { kind, namespace, name } }) =>
          `${severity} ${reason} ${kind}/${namespace}/${name}`,
      );
  }

  /** What should never be: configuration that an Envoy refused, and mistakes of our own. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** What to start the Envoy of a pod with; its admin interface has any free port. */
  bootstrapOf(pod: string): object {
    const workload = this.model.workloads.get(pod as NamespacedName);
    if (workload === undefined) throw new Error(`no pod ${pod} has a sidecar`);
    return printBootstrap({
      namespace: workload.pod.namespace,
      pod: workload.pod.name,
      serviceAccount: workload.serviceAccount,
      sidecar: workload.sidecar.mode,
      server: this.#xds,
      adminPort: 0,
    }) as object;
  }

  /** Resolves when every Envoy that the change concerns has acknowledged it. */
  async change(change: ManifestChange): Promise<void> {
    let settled = false;
    const stopListening = this.#plane.listen((event) => {
      if (event.type === 'settled' && event.publication.changes.length > 0) settled = true;
    });
    try {
      this.#manifests.change(change);
      await eventually('every Envoy to acknowledge the change', () => settled);
    } finally {
      stopListening();
    }
  }

  apply(...objects: readonly Manifest[]): Promise<void> {
    return this.change({ apply: objects });
  }

  remove(...objects: readonly Manifest[]): Promise<void> {
    return this.change({ remove: objects });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plane.stop();
  }
}

function faultOf(event: ControlEvent): string | undefined {
  if (event.type === 'fault') return `while ${event.doing}: ${event.error}`;
  if (event.type === 'xds' && event.event.type === 'nack') return `${event.event.resources}: ${event.event.message}`;
  return undefined;
}
