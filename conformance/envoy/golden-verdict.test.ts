/**
 * A real Envoy is the judge of every golden: it is given what each sidecar of each case is given, one after the other,
 * and must accept all of it and bring all of it into use.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SnapshotMaker } from '../../src/control/snapshot-maker.ts';
import { validateResource } from '../../src/control/validation.ts';
import type { EnvoyLayer, EnvoyResourceSet } from '../../src/envoy/envoy-resource.ts';
import { printMessage } from '../../src/envoy/print.ts';
import { Bootstrap } from '../../src/gen/envoy/config/bootstrap/v3/bootstrap.ts';
import { serviceAccountId } from '../../src/mesh/spiffe-id.ts';
import { goldenCases } from '../../src/testing/golden.ts';
import { caseInputs, translateCase } from '../../src/testing/translation-case.ts';
import { bootstrap } from '../../src/translators/bootstrap.ts';
import { stableResourceSets } from '../../src/translators/resource-set.ts';
import { trustBundle, workloadCertificate } from '../../src/translators/secrets.ts';
import type { ProxyId, XdsEvent } from '../../src/xds-server/api.ts';
import { XdsServer } from '../../src/xds-server/server.ts';
import { Envoy } from '../lib/envoy.ts';
import { eventually } from '../lib/eventually.ts';
import { needs } from '../lib/requirements.ts';
import { makeScratch } from '../lib/scratch.ts';
import { openCredentials } from './credentials.ts';

const directory = join(import.meta.dirname, '../../src/translators/testdata');
const judge = 'the/judge' as ProxyId;

describe('a real Envoy accepts', needs('envoy'), () => {
  const scratch = makeScratch('goldens');
  const events: XdsEvent[] = [];
  const server = new XdsServer({
    onEvent: (event) => events.push(event),
    admit: () => ({ admitted: true, proxy: judge }),
  });
  let credentialsOf: Awaited<ReturnType<typeof openCredentials>>;
  let envoy: Envoy;
  let secrets: EnvoyResourceSet;

  before(async () => {
    credentialsOf = await openCredentials();
    const credentials = await credentialsOf({ identity: serviceAccountId('cluster.local', 'the', 'judge') });
    secrets = stableResourceSets()([[workloadCertificate(credentials), trustBundle(credentials.trustBundle)]]);
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
    envoy = await Envoy.start({ bootstrap: printMessage(Bootstrap, config) as object, folder: scratch.folder });
  });
  after(async () => {
    await envoy.kill();
    await server.close();
    scratch[Symbol.dispose]();
  });

  for (const name of goldenCases(directory)) {
    test(name, async () => {
      const [input = '', options] = caseInputs.map((file) => readIfThere(join(directory, name, file)));
      const { mesh, translation } = translateCase(input, options);
      const snapshots = new SnapshotMaker(validateResource);
      snapshots.share(translation);
      // What is shared is judged as a whole first: not every case has a workload that is given all of it.
      const { services, transparent } = translation;
      await judged([secrets, services, transparent].map((resources) => ({ resources, names: 'all' })));
      for (const workload of mesh.workloads.values()) {
        await judged(translation.layersFor(workload, await credentialsOf(workload)));
      }

      async function judged(layers: readonly EnvoyLayer[]): Promise<void> {
        const { sequence, streamsTouched } = server.publish(new Map([[judge, snapshots.make(judge, layers)]]));
        await eventually(
          'an answer to everything',
          () =>
            streamsTouched.length === 0 ||
            events.some((event) => event.type === 'synced' && event.sequence >= sequence),
        );
        const refused = events.flatMap((event) =>
          event.type === 'nack' ? `${event.resources}: ${event.message}` : [],
        );
        assert.deepEqual(refused, []);
        await eventually('everything to be in use', async () => {
          assert.deepEqual(notInUse(await envoy.configDump()), []);
          return true;
        });
      }
    });
  }
});

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

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
