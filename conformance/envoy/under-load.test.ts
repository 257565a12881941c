/** Requests go on while everything around them changes, ends and begins again: none may fail (R20). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { printBootstrap } from '../../src/translators/bootstrap.ts';
import { callHttp, type HttpCall } from '../lib/calls.ts';
import { eventually } from '../lib/eventually.ts';
import { Load } from '../lib/load.ts';
import { LoopbackPods } from '../lib/loopback-pods.ts';
import { ManifestDirectory } from '../lib/manifest-directory.ts';
import { namespace, routeGroup, service, split, target } from '../lib/manifests.ts';
import { needs } from '../lib/requirements.ts';
import { ServeProcess } from '../lib/serve-process.ts';
import { type RunningServer, serveHttp } from '../lib/servers.ts';
import { tally } from '../lib/shares.ts';

const ports = [{ port: 80, targetPort: 8080 }];
const webV1 = service('web-v1', { clusterIPs: ['10.96.0.11'], selector: { version: 'v1' }, ports });
const webV2 = service('web-v2', { clusterIPs: ['10.96.0.12'], selector: { version: 'v2' }, ports });
const weights = (v1: number, v2: number) => split('canary', 'web', { 'web-v1': v1, 'web-v2': v2 });
const objects = [
  service('web', { clusterIPs: ['10.96.0.10'], selector: { app: 'web' }, ports }),
  webV1,
  webV2,
  weights(1, 1),
  routeGroup('all', { name: 'all' }),
  target('web', { from: ['client'], to: 'web', rules: ['HTTPRouteGroup/all'] }),
];
const web = (version: string) =>
  ({ sidecar: 'explicit', serviceAccount: 'web', labels: { app: 'web', version } }) as const;
const placePods = () =>
  LoopbackPods.place({
    client: { sidecar: 'explicit', serviceAccount: 'client' },
    'web-1': web('v1'),
    'web-2': web('v1'),
    'web-3': web('v2'),
    'web-4': web('v2'),
  });

describe('under load', needs('envoy'), () => {
  let pods: Awaited<ReturnType<typeof placePods>>;
  let manifests: ManifestDirectory;
  let control: ServeProcess;
  const servers: RunningServer[] = [];

  /** The load goes on while `change` happens, and a little longer; all of it must be answered 200. */
  const unharmed = async (methods: readonly string[], change: (load: Load) => Promise<void>): Promise<void> => {
    const calls = methods.map((method): HttpCall => ({ url: 'http://web/', method, proxy: pods.pod('client').proxy }));
    const load = new Load(calls);
    await load.pass(100);
    try {
      await change(load);
      await load.pass(100);
    } finally {
      const answers = await load.stop();
      const outcomes = tally(answers.map(({ status, denied = '', text }) => `${status} ${denied}${text}`));
      assert.deepEqual(outcomes, { '200 ': answers.length });
    }
  };
  const everyone = () =>
    eventually('every sidecar to be connected and up to date', async () => {
      const there = await control.upToDate();
      return ['client', 'web-1', 'web-2', 'web-3', 'web-4'].every((pod) => there.includes(`${namespace}/${pod}`));
    });
  /** Resolves when requests are answered by these pods and no others. */
  const answeredBy = (...expected: readonly string[]) =>
    eventually(`${expected.join(' and ')} to answer`, async () => {
      const answers = await callHttp({ url: 'http://web/', proxy: pods.pod('client').proxy, times: 40 });
      return answers.every(({ said }) => expected.includes(said['pod'] ?? ''));
    });

  before(async () => {
    pods = await placePods();
    manifests = new ManifestDirectory(pods.folder, [...pods.manifests, ...objects]);
    control = await ServeProcess.start(pods.folder, manifests.path);
    for (const pod of ['web-1', 'web-2', 'web-3', 'web-4'] as const) {
      servers.push(await serveHttp({ pod, host: pods.pod(pod).application, port: 8080 }));
    }
    await pods.startSidecars(
      (pod) =>
        printBootstrap({
          namespace,
          pod: pod.slice(namespace.length + 1),
          serviceAccount: pod.endsWith('/client') ? 'client' : 'web',
          sidecar: 'explicit',
          server: { host: '127.0.0.1', port: control.xdsPort },
          adminPort: 0,
        }) as object,
      2,
    );
    await everyone();
  });
  after(async () => {
    await pods[Symbol.asyncDispose]();
    await control[Symbol.asyncDispose]();
    await Promise.all(servers.map((server) => server.stop()));
  });

  test('weights change', async () => {
    await unharmed(['GET', 'POST'], async (load) => {
      for (let turn = 0; turn < 30; turn++) {
        manifests.apply(weights((turn * 7) % 10, 10 - ((turn * 7) % 10)));
        await load.pass(40);
      }
      manifests.apply(weights(1, 0));
      await answeredBy('web-1', 'web-2');
    });
  });

  test('a split is deleted and created again', async () => {
    await unharmed(['GET', 'POST'], async (load) => {
      for (let turn = 0; turn < 10; turn++) {
        manifests.remove(weights(1, 1));
        await load.pass(40);
        manifests.apply(weights(turn % 2, 1));
        await load.pass(40);
      }
      await answeredBy('web-1', 'web-2', 'web-3', 'web-4');
    });
  });

  test('a selector changes', async () => {
    await unharmed(['GET', 'POST'], async (load) => {
      manifests.apply(weights(1, 0));
      await answeredBy('web-1', 'web-2');
      manifests.apply(service('web-v1', { clusterIPs: ['10.96.0.11'], selector: { version: 'v2' }, ports }));
      await answeredBy('web-3', 'web-4');
      await load.pass(100);
      manifests.apply(webV1);
      await answeredBy('web-1', 'web-2');
      manifests.apply(weights(1, 1));
    });
  });

  test('endpoints drain, go and come back', async () => {
    const { manifest } = pods.pod('web-2');
    await unharmed(['GET', 'POST'], async (load) => {
      for (let turn = 0; turn < 10; turn++) {
        const metadata = { ...manifest.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' };
        manifests.apply({ ...manifest, metadata });
        await load.pass(40);
        manifests.remove(manifest);
        await load.pass(40);
        manifests.apply(manifest);
        await load.pass(40);
      }
    });
    await everyone();
  });

  test('access changes for others', async () => {
    await unharmed(['GET', 'POST'], async (load) => {
      for (let turn = 0; turn < 10; turn++) {
        const more = target('more', { from: [`batch-${turn}`], to: 'web', rules: ['HTTPRouteGroup/all'] });
        manifests.apply(more, routeGroup('some', { name: 'some', pathRegex: `/v${turn}` }));
        await load.pass(40);
        manifests.remove(more);
        await load.pass(40);
      }
    });
  });

  test('the control plane is killed and started again', async () => {
    await unharmed(['GET', 'POST'], async (load) => {
      for (const [v1, v2] of [
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const) {
        await control.kill();
        await load.pass(200);
        manifests.apply(weights(v1, v2));
        await control.restart();
        await everyone();
        await answeredBy(...(v1 === 1 ? ['web-1', 'web-2'] : []), ...(v2 === 1 ? ['web-3', 'web-4'] : []));
      }
    });
  });

  test('the sidecar of one of several destinations is killed and started again', async () => {
    manifests.apply(weights(1, 0));
    await answeredBy('web-1', 'web-2');
    await unharmed(['GET'], async (load) => {
      for (const pod of ['web-1', 'web-2', 'web-1'] as const) {
        await pods.pod(pod).kill();
        await load.pass(200);
        await pods.pod(pod).restart();
        await everyone();
        await load.pass(200);
      }
    });
  });
});
