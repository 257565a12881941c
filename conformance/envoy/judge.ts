import assert from 'node:assert/strict';
import { SnapshotMaker } from '../../src/control/snapshot-maker.ts';
import { validateResource } from '../../src/control/validation.ts';
import type { EnvoyLayer, EnvoyResourceSet } from '../../src/envoy/envoy-resource.ts';
import { printMessage } from '../../src/envoy/print.ts';
import { Bootstrap } from '../../src/gen/envoy/config/bootstrap/v3/bootstrap.ts';
import { serviceAccountId } from '../../src/mesh/spiffe-id.ts';
import type { Validate } from '../../src/snapshot/make.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import type { TranslationCase } from '../../src/testing/translation-case.ts';
import { bootstrap } from '../../src/translators/bootstrap.ts';
import { stableResourceSets } from '../../src/translators/resource-set.ts';
import { trustBundle, workloadCertificate } from '../../src/translators/secrets.ts';
import type { ProxyId, XdsEvent } from '../../src/xds-server/api.ts';
import { XdsServer } from '../../src/xds-server/server.ts';
import { Envoy } from '../lib/envoy.ts';
import { eventually } from '../lib/eventually.ts';
import { makeScratch, type Scratch } from '../lib/scratch.ts';
import { openCredentials } from './credentials.ts';

const judge = 'the/judge' as ProxyId;

/** One real Envoy that is given configurations, one after the other, and must accept and use all of each. */
export class Judge implements AsyncDisposable {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts it with nothing to do. */
  static async start(): Promise<Judge> {
    const scratch = makeScratch('judge');
    const credentialsOf = await openCredentials();
    const credentials = await credentialsOf({ identity: serviceAccountId('cluster.local', 'the', 'judge') });
    const secrets = stableResourceSets()([[workloadCertificate(credentials), trustBundle(credentials.trustBundle)]]);
    const events: XdsEvent[] = [];
    const server = new XdsServer({
      onEvent: (event) => events.push(event),
      admit: () => ({ admitted: true, proxy: judge }),
    });
    const { port } = await server.listen('127.0.0.1:0');
    server.publish(new Map([[judge, { layers: [] }]]));
    const config = bootstrap({
      namespace: 'the',
      pod: 'judge',
      serviceAccount: 'judge',
      sidecar: 'transparent',
      server: { host: '127.0.0.1', port },
      adminPort: 0,
    });
    const envoy = await Envoy.start({ bootstrap: printMessage(Bootstrap, config) as object, folder: scratch.folder });
    return new Judge({ scratch, server, envoy, events, secrets, credentialsOf });
  }

  /**
   * Gives the Envoy what is shared, as a whole, and then what each sidecar of the case is given.
   * @param validate what is withheld from it; by default what would be withheld in production.
   */
  async accepts({ mesh, translation }: TranslationCase, validate: Validate = validateResource): Promise<void> {
    const { secrets, credentialsOf } = this.#parts;
    const snapshots = new SnapshotMaker(validate);
    snapshots.share(translation);
    // What is shared is judged as a whole first: not every case has a workload that is given all of it.
    const { services, transparent } = translation;
    await this.#acceptsLayers(
      snapshots,
      [secrets, services, transparent].map((resources) => ({ resources, names: 'all' })),
    );
    for (const workload of mesh.workloads.values()) {
      await this.#acceptsLayers(snapshots, translation.layersFor(workload, await credentialsOf(workload)));
    }
  }

  async #acceptsLayers(snapshots: SnapshotMaker, layers: readonly EnvoyLayer[]): Promise<void> {
    const { events, envoy } = this.#parts;
    events.length = 0;
    // It is one sidecar after the other, not one that turns into the other: that would need both for a moment.
    await this.#acknowledged({ layers: [] });
    await this.#acknowledged(snapshots.make(judge, layers));
    const refused = events.flatMap((event) => (event.type === 'nack' ? `${event.resources}: ${event.message}` : []));
    assert.deepEqual(refused, []);
    await eventually('everything to be in use', async () => {
      assert.deepEqual(notInUse(await envoy.configDump()), []);
      return true;
    });
  }

  async #acknowledged(snapshot: Snapshot): Promise<void> {
    const { server, events } = this.#parts;
    const { sequence, streamsTouched } = server.publish(new Map([[judge, snapshot]]));
    const answered = () => events.some((event) => event.type === 'synced' && event.sequence >= sequence);
    await eventually('an answer to everything', () => streamsTouched.length === 0 || answered());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server, envoy, scratch } = this.#parts;
    await envoy.kill();
    await server.close();
    scratch[Symbol.dispose]();
  }
}

interface Parts {
  readonly scratch: Scratch;
  readonly server: XdsServer;
  readonly envoy: Envoy;
  readonly events: XdsEvent[];
  /** What clusters and listeners refer to, where they are judged without a sidecar. */
  readonly secrets: EnvoyResourceSet;
  readonly credentialsOf: Awaited<ReturnType<typeof openCredentials>>;
}

interface DumpedConfigs {
  readonly configs: readonly {
    readonly dynamic_listeners?: readonly { readonly name: string; readonly warming_state?: object }[];
    readonly dynamic_warming_clusters?: readonly { readonly cluster: { readonly name: string } }[];
    readonly dynamic_warming_secrets?: readonly { readonly name: string }[];
  }[];
}

/** Listeners, clusters and secrets that still wait for something. */
const notInUse = (dump: unknown): readonly string[] =>
  (dump as DumpedConfigs).configs.flatMap((part) => [
    ...(part.dynamic_listeners ?? []).flatMap(({ name, warming_state: warming }) =>
      warming === undefined ? [] : [name],
    ),
    ...(part.dynamic_warming_clusters ?? []).map(({ cluster }) => cluster.name),
    ...(part.dynamic_warming_secrets ?? []).map(({ name }) => name),
  ]);
