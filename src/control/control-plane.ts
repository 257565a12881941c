/**
 * The loop: what a source reads becomes a mesh, the mesh becomes a snapshot for each connected proxy, and the snapshots
 * are published. Nothing is logged here; everything that happens is an event.
 */
import type { ClusterState, ObjectChange } from '../cluster/cluster-state.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { CertificateAuthority } from '../identity/certificate-authority.ts';
import { CertificateRotation } from '../identity/certificate-rotation.ts';
import type { WorkloadCertificate } from '../identity/workload-certificate.ts';
import { type Address, formatAddress } from '../lib/address.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { Coalescer } from '../lib/coalescer.ts';
import { memoizeByIdentity } from '../lib/memo.ts';
import { createMeshBuilder } from '../mesh/build.ts';
import type { MeshModel, Workload } from '../mesh/model.ts';
import type { MeshOptions } from '../mesh/options.ts';
import type { SpiffeId } from '../mesh/spiffe-id.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { Validate } from '../snapshot/make.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Source, SourceStatus, SourceUpdate } from '../sources/source.ts';
import type { TranslationOptions } from '../translators/options.ts';
import type { Credentials } from '../translators/secrets.ts';
import { createTranslator, type Translation } from '../translators/translator.ts';
import type { Admission, NodeInfo, ProxyId, ProxyStatus, PublishReport, XdsEvent } from '../xds-server/api.ts';
import { XdsServer } from '../xds-server/server.ts';
import type { XdsStats } from '../xds-server/stats.ts';
import { admitNode } from './admission.ts';
import { DiagnosticsBoard } from './diagnostics-board.ts';
import type { ControlEvent, ControlListener, Publication } from './events.ts';
import { rejectionDiagnostics } from './rejections.ts';
import { Settling } from './settling.ts';
import { SnapshotMaker } from './snapshot-maker.ts';

export interface ControlPlaneOptions {
  readonly mesh: MeshOptions;
  readonly translation: TranslationOptions;
  readonly authority: CertificateAuthority;
  /** Envoy's own rules: what breaks them is withheld. */
  readonly validate: Validate;
  readonly clock?: Clock;
  /** Of [0, 1). */
  readonly random?: () => number;
  /** Milliseconds in which changes that follow one another are taken together. The first after a quiet time never waits. */
  readonly window?: number;
}

/** What is served now. */
export interface Current {
  readonly state: ClusterState;
  readonly mesh: MeshModel;
  readonly translation: Translation;
}

/** What was read since the last rebuild. */
interface Pending {
  readonly state: ClusterState;
  readonly changes: readonly ObjectChange[];
  readonly noticedAt: number;
}

/** Milliseconds until it is said who has not acknowledged a change. */
const patience = 10_000;

export class ControlPlane {
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #listeners = new Set<ControlListener>();
  readonly #buildMesh: (state: ClusterState) => MeshModel;
  readonly #translate: (mesh: MeshModel) => Translation;
  readonly #snapshots: SnapshotMaker;
  readonly #certificates: CertificateRotation;
  readonly #credentials: (certificate: WorkloadCertificate) => Credentials;
  readonly #server: XdsServer;
  readonly #rebuilds: Coalescer;
  readonly #settling: Settling<Publication>;
  readonly #board = new DiagnosticsBoard<'reading' | 'mesh' | 'resources' | 'proxies'>();
  /** Proxies that were admitted and may come back, and their open streams. */
  readonly #proxies = new Map<ProxyId, Set<number>>();
  /** Proxies whose last word on something was a rejection. */
  readonly #rejecting = new Set<ProxyId>();
  #pending: Pending | undefined;
  #current: Current | undefined;

  constructor(source: Source, options: ControlPlaneOptions) {
    const { clock = systemClock, random = Math.random, window = 20, authority } = options;
    this.#source = source;
    this.#clock = clock;
    this.#buildMesh = createMeshBuilder(options.mesh);
    this.#translate = createTranslator(options.translation);
    this.#snapshots = new SnapshotMaker(options.validate);
    this.#credentials = memoizeByIdentity(({ chain, privateKey }) => ({
      certificateChain: chain,
      privateKey,
      trustBundle: authority.trustBundle,
    }));
    this.#certificates = new CertificateRotation({
      issue: (identity) => authority.issue(identity),
      onRenewed: ({ identity }) => this.#republish(identity),
      onFailure: (identity, error) => this.#fault(`renewing the certificate of ${identity}`, error),
      clock,
      random,
    });
    this.#server = new XdsServer({
      admit: (node) => this.#admit(node),
      onEvent: (event) => this.#onXdsEvent(event),
      clock,
    });
    this.#rebuilds = new Coalescer(() => this.#attempt('taking in a change', () => this.#rebuild()), window, clock);
    this.#settling = new Settling({
      onSettled: (publication) =>
        this.#emit({ type: 'settled', publication, milliseconds: clock.now() - publication.noticedAt }),
      onOverdue: (publication, streams) =>
        this.#emit({ type: 'overdue', publication, proxies: this.#proxiesOf(new Set(streams)) }),
      patience,
      clock,
    });
  }

  /** Listens for proxies and begins to read. Proxies are refused as UNAVAILABLE until everything has been read once. */
  async start(address: Address): Promise<Address> {
    const { port } = await this.#server.listen(formatAddress(address));
    this.#source.start({
      onUpdate: (update) => this.#onUpdate(update),
      onStatus: (status) => this.#emit({ type: 'source', status }),
    });
    return { host: address.host, port };
  }

  /** Ends every stream and stops reading; resolves when nothing is left open. */
  async stop(): Promise<void> {
    this.#rebuilds.stop();
    this.#certificates.stop();
    this.#settling.stop();
    await Promise.all([this.#source.stop(), this.#server.close()]);
  }

  /** Calls back with each event from now on, until the returned function is called. */
  listen(listener: ControlListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `undefined` until everything has been read once. */
  get current(): Current | undefined {
    return this.#current;
  }

  /** Streams of connected proxies. */
  proxies(): readonly ProxyStatus[] {
    return this.#server.proxies();
  }

  /** The proxies that have an open stream. */
  connected(): ReadonlyMap<ProxyId, 'behind' | 'up to date'> {
    return this.#server.connected();
  }

  /** What a proxy was given last. */
  snapshotOf(proxy: ProxyId): Snapshot | undefined {
    return this.#snapshots.last(proxy);
  }

  diagnostics(): readonly Diagnostic[] {
    return this.#board.current();
  }

  sources(): readonly SourceStatus[] {
    return this.#source.status();
  }

  stats(): XdsStats {
    return this.#server.stats();
  }

  #onUpdate({ state, changes, noticedAt }: SourceUpdate): void {
    this.#pending = {
      state,
      changes: [...(this.#pending?.changes ?? []), ...changes],
      noticedAt: this.#pending?.noticedAt ?? noticedAt,
    };
    this.#rebuilds.request();
  }

  #rebuild(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const startedAt = this.#clock.now();
    const before = this.#current?.mesh;
    const mesh = this.#buildMesh(pending.state);
    const translation = this.#translate(mesh);
    this.#snapshots.share(translation);
    this.#current = { state: pending.state, mesh, translation };
    if (mesh.workloads !== before?.workloads) this.#forgetTheGone();
    const snapshots = this.#makeSnapshots(this.#proxies.keys());
    const rebuiltIn = this.#clock.now() - startedAt;
    const report = this.#server.publish(snapshots);
    const publication: Publication = {
      ...pending,
      mesh,
      before,
      sequence: report.sequence,
      resourcesChanged: report.resourcesChanged,
      proxiesTouched: report.proxiesTouched,
      publishedAfter: this.#clock.now() - pending.noticedAt,
      rebuiltIn,
    };
    this.#post('reading', pending.state.problems);
    this.#post('mesh', mesh.diagnostics);
    this.#post('resources', this.#snapshots.diagnostics());
    this.#postRejections();
    this.#emit({ type: 'published', publication });
    this.#settling.begin(publication, report.streamsTouched);
  }

  #makeSnapshots(proxies: Iterable<ProxyId>): ReadonlyMap<ProxyId, Snapshot> {
    const snapshots = new Map<ProxyId, Snapshot>();
    for (const proxy of proxies) {
      // A proxy whose pod has left the mesh keeps what it has until it goes.
      const workload = this.#workloadOf(proxy);
      if (this.#current === undefined || workload === undefined) continue;
      const certificate = this.#certificates.get(workload.identity);
      if (certificate === undefined) {
        this.#certify(proxy, workload.identity);
        continue;
      }
      const layers = this.#current.translation.layersFor;
      const snapshot = this.#attempt(`making the snapshot of ${proxy}`, () =>
        this.#snapshots.make(proxy, layers(workload, this.#credentials(certificate))),
      );
      if (snapshot !== undefined) snapshots.set(proxy, snapshot);
    }
    return snapshots;
  }

  #publish(proxies: Iterable<ProxyId>): PublishReport {
    return this.#server.publish(this.#makeSnapshots(proxies));
  }

  async #admit(node: NodeInfo): Promise<Admission> {
    const admitted = admitNode(node, this.#current);
    if (!admitted.ok) return { admitted: false, ...admitted.error };
    const proxy = node.id as ProxyId;
    await this.#certificates.need(admitted.value.identity);
    if (!this.#proxies.has(proxy)) this.#proxies.set(proxy, new Set());
    this.#publish([proxy]);
    return { admitted: true, proxy };
  }

  /** A pod of the same name has come back as somebody else. */
  #certify(proxy: ProxyId, identity: SpiffeId): void {
    this.#certificates.need(identity).then(
      () => this.#publish([proxy]),
      (error: unknown) => this.#fault(`issuing a certificate to ${identity}`, error),
    );
  }

  #republish(identity: SpiffeId): void {
    this.#publish([...this.#proxies.keys()].filter((proxy) => this.#workloadOf(proxy)?.identity === identity));
  }

  #onXdsEvent(event: XdsEvent): void {
    switch (event.type) {
      case 'connected':
        this.#proxies.set(event.proxy, (this.#proxies.get(event.proxy) ?? new Set()).add(event.stream));
        break;
      case 'disconnected':
        this.#proxies.get(event.proxy)?.delete(event.stream);
        this.#settling.gone(event.stream);
        if (this.#rejecting.delete(event.proxy)) this.#postRejections();
        this.#forgetTheGone();
        break;
      case 'synced':
        this.#settling.acknowledged(event.stream, event.sequence);
        if (event.rejected === 0 && this.#rejecting.delete(event.proxy)) this.#postRejections();
        break;
      case 'nack':
        this.#rejecting.add(event.proxy);
        this.#postRejections();
        break;
      case 'refused':
        break;
    }
    this.#emit({ type: 'xds', event });
  }

  /** Proxies without a stream whose pods are gone will not come back, and nobody needs their certificates. */
  #forgetTheGone(): void {
    if (this.#current === undefined) return;
    const needed = new Set<SpiffeId>();
    for (const [proxy, streams] of this.#proxies) {
      const workload = this.#workloadOf(proxy);
      if (workload !== undefined) {
        needed.add(workload.identity);
      } else if (streams.size === 0) {
        this.#proxies.delete(proxy);
        this.#snapshots.forget(proxy);
        this.#server.forget(proxy);
      }
    }
    this.#certificates.keepOnly(needed);
  }

  #workloadOf(proxy: ProxyId): Workload | undefined {
    return this.#current?.mesh.workloads.get(proxy as string as NamespacedName);
  }

  #proxiesOf(streams: ReadonlySet<number>): readonly ProxyId[] {
    return [...this.#proxies].filter(([, own]) => !own.isDisjointFrom(streams)).map(([proxy]) => proxy);
  }

  #postRejections(): void {
    this.#post('proxies', this.#rejecting.size === 0 ? [] : rejectionDiagnostics(this.proxies()));
  }

  #post(finder: 'reading' | 'mesh' | 'resources' | 'proxies', diagnostics: readonly Diagnostic[]): void {
    const change = this.#board.post(finder, diagnostics);
    if (change.appeared.length > 0 || change.cleared.length > 0) this.#emit({ type: 'diagnostics', ...change });
  }

  /** Our own mistakes must not take down what works. */
  #attempt<T>(doing: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#fault(doing, error);
      return undefined;
    }
  }

  #fault(doing: string, error: unknown): void {
    this.#emit({ type: 'fault', doing, error });
  }

  #emit(event: ControlEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
