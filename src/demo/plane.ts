/** The control plane as the demo runs it: in this process, on a directory, with identities that end with it. */
import { ControlPlane } from '../control/control-plane.ts';
import type { ControlListener } from '../control/events.ts';
import { validateResource } from '../control/validation.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { printMessage } from '../envoy/print.ts';
import { Bootstrap } from '../gen/envoy/config/bootstrap/v3/bootstrap.ts';
import { CertificateAuthority, createRoot } from '../identity/certificate-authority.ts';
import type { Address } from '../lib/address.ts';
import { systemClock } from '../lib/clock.ts';
import type { MeshModel, Workload } from '../mesh/model.ts';
import { defaultMeshOptions } from '../mesh/options.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import { DirectorySource } from '../sources/directory/directory-source.ts';
import { bootstrap } from '../translators/bootstrap.ts';
import { defaultTranslationOptions } from '../translators/options.ts';

export class Plane {
  readonly #control: ControlPlane;
  readonly #xds: Address;

  private constructor(control: ControlPlane, xds: Address) {
    this.#control = control;
    this.#xds = xds;
  }

  /** Resolves when the directory has been read once. */
  static async open(directory: string): Promise<Plane> {
    const root = await createRoot(defaultMeshOptions.trustDomain, systemClock);
    const control = new ControlPlane(new DirectorySource({ path: directory }), {
      mesh: defaultMeshOptions,
      translation: defaultTranslationOptions,
      validate: validateResource,
      authority: await CertificateAuthority.open(root, systemClock),
    });
    const { promise: published, resolve } = Promise.withResolvers<void>();
    const stopListening = control.listen(({ type }) => {
      if (type === 'published') resolve();
    });
    const xds = await control.start({ host: '127.0.0.1', port: 0 });
    await published;
    stopListening();
    return new Plane(control, xds);
  }

  get mesh(): MeshModel {
    if (this.#control.current === undefined) throw new Error('a plane is open once it has read its directory');
    return this.#control.current.mesh;
  }

  get problems(): readonly Diagnostic[] {
    return this.#control.diagnostics();
  }

  /** Why the directory cannot be read at the moment, if so. */
  get interruptions(): readonly string[] {
    return this.#control
      .sources()
      .filter(({ condition }) => condition !== 'live')
      .map(({ message }) => message);
  }

  /** The pods whose sidecar is connected and has acknowledged everything that was published for it. */
  get upToDate(): ReadonlySet<NamespacedName> {
    const proxies = this.#control.proxies().filter(({ behind }) => behind === 0);
    return new Set(proxies.map(({ nodeId }) => nodeId as NamespacedName));
  }

  /** The Envoy bootstrap of a workload's sidecar, as JSON. */
  bootstrapOf({ pod, serviceAccount, sidecar }: Workload): string {
    const message = bootstrap({
      namespace: pod.namespace,
      pod: pod.name,
      serviceAccount,
      sidecar: sidecar.mode,
      server: this.#xds,
      // Any that is free; Envoy writes it to a file.
      adminPort: 0,
    });
    return JSON.stringify(printMessage(Bootstrap, message), undefined, 2);
  }

  listen(listener: ControlListener): void {
    this.#control.listen(listener);
  }

  async stop(): Promise<void> {
    await this.#control.stop();
  }
}
