/** Requests go on while everything around them changes, ends and begins again: none may fail (R20). */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { printBootstrap } from '../../src/translators/bootstrap.ts';
import { callHttp, type HttpCall } from '../lib/calls.ts';
import { eventually } from '../lib/eventually.ts';
import { Load } from '../lib/load.ts';
import { LoopbackPods } from '../lib/loopback-pods.ts';
import { type ManifestChange, ManifestDirectory } from '../lib/manifest-directory.ts';
import { type Manifest, namespace, routeGroup, service, split, target } from '../lib/manifests.ts';
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
    'web-1': { ...web('v1'), labels: { ...web('v1').labels, hasty: 'yes' } },
    'web-2': web('v1'),
    'web-3': web('v2'),
    'web-4': web('v2'),
  });

describe('under load', needs('envoy'), () => {
  let pods: Awaited<ReturnType<typeof placePods>>;
  let manifests: ManifestDirectory;
  let control: ServeProcess;
  const servers = new Map<string, RunningServer>();

  /** The load goes on while `change` happens, and a little longer; all of it must be answered 200. */
  const unharmed = async (
    methods: readonly string[],
    change: (load: Load) => Promise<void>,
    service = 'web',
  ): Promise<void> => {
    const { proxy } = pods.pod('client');
    const calls = methods.map((method): HttpCall => ({ url: `http://${service}/`, method, proxy }));
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
      servers.set(pod, await serveHttp({ pod, host: pods.pod(pod).application, port: 8080 }));
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
    await Promise.all(servers.values().map((server) => server.stop()));
  });

  /** Makes each change under load, when all Envoys have acknowledged the one before; and all of them so many times. */
  const unharmedBy = (times: number, ...changes: readonly ManifestChange[]): Promise<void> =>
    unharmed(['GET', 'POST'], async (load) => {
      for (let turn = 0; turn < times; turn++) {
        for (const change of changes) {
          await control.settle(() => manifests.change(change));
          await load.pass(20);
        }
      }
    });

  test('weights change', async () => {
    const turns = [weights(0, 10), weights(7, 3), weights(4, 6), weights(1, 0)];
    await unharmedBy(8, ...turns.map((split) => ({ apply: [split] })));
    await answeredBy('web-1', 'web-2');
  });

  test('a split is deleted and created again', async () => {
    const some = weights(1, 1);
    await unharmedBy(8, { remove: [some] }, { apply: [some] });
    await answeredBy('web-1', 'web-2', 'web-3', 'web-4');
  });

  test('a backend comes with its weight, and goes with it', async () => {
    const v3 = service('web-v3', { clusterIPs: ['10.96.0.13'], selector: { version: 'v2' }, ports });
    const more = split('canary', 'web', { 'web-v1': 1, 'web-v3': 9 });
    await unharmedBy(8, { apply: [v3, more] }, { apply: [weights(1, 1)], remove: [v3] });
  });

  test('a selector changes', async () => {
    const other = service('web-v1', { clusterIPs: ['10.96.0.11'], selector: { version: 'v2' }, ports });
    await unharmedBy(5, { apply: [weights(1, 0)] }, { apply: [other] }, { apply: [webV1] }, { apply: [weights(1, 1)] });
    await unharmed(['GET', 'POST'], async () => {
      manifests.apply(weights(1, 0), other);
      await answeredBy('web-3', 'web-4');
      manifests.apply(webV1);
      await answeredBy('web-1', 'web-2');
      manifests.apply(weights(1, 1));
    });
  });

  test('endpoints drain, go and come back', async () => {
    const { manifest } = pods.pod('web-2');
    const metadata = { ...manifest.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' };
    await unharmedBy(8, { apply: [{ ...manifest, metadata }] }, { remove: [manifest] }, { apply: [manifest] });
    await everyone();
  });

  test('a pod is told to end, ends, and is replaced', async () => {
    const { manifest, kill, restart, application: host } = pods.pod('web-2');
    const metadata = { ...manifest.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' };
    await unharmed(['GET', 'POST'], async (load) => {
      for (let turn = 0; turn < 3; turn++) {
        await control.settle(() => manifests.apply({ ...manifest, metadata }));
        // What was under way is answered: a POST that the pod had begun on would be lost with it, with or without a mesh.
        await load.pass(40);
        await kill();
        await servers.get('web-2')?.stop();
        await control.settle(() => manifests.remove(manifest));
        await load.pass(20);
        servers.set('web-2', await serveHttp({ pod: 'web-2', host, port: 8080 }));
        await control.settle(() => manifests.apply({ ...manifest, status: { ...unready(manifest) } }));
        await restart();
        await control.settle(() => manifests.apply(manifest));
        await load.pass(20);
      }
    });
    await everyone();
  });

  test('access changes for others, and grows for the callers', async () => {
    const others = target('more', { from: ['batch'], to: 'web', rules: ['HTTPRouteGroup/all'] });
    const callers = target('more', { from: ['batch', 'client'], to: 'web', rules: ['HTTPRouteGroup/some'] });
    await unharmedBy(
      5,
      { apply: [others] },
      { apply: [routeGroup('some', { name: 'some', pathRegex: '/some' }), callers] },
      { apply: [routeGroup('some', { name: 'some', pathRegex: '/' })] },
      { remove: [callers] },
    );
  });

  test('the pods get other services and ports', async () => {
    const clusterIPs = ['10.96.0.14'];
    const more = service('more', { clusterIPs, selector: { app: 'web' }, ports: [...ports, { port: 81 }] });
    await unharmedBy(8, { apply: [more] }, { remove: [more] });
  });

  test('an application closes its connections behind its answers', async () => {
    const host = pods.pod('web-1').application;
    const hasty = createServer(({ socket }, response) => {
      response.end(() => setImmediate(() => socket.end()));
    });
    hasty.listen(8088, host);
    const selector = { hasty: 'yes' };
    const own = service('hasty', { clusterIPs: ['10.96.0.15'], selector, ports: [{ port: 80, targetPort: 8088 }] });
    await control.settle(() => manifests.apply(own));
    // What may not be repeated meets closed connections with or without a mesh.
    await unharmed(['GET'], (load) => load.pass(1000), 'hasty');
    const retries = await pods.pod('web-1').envoy.stats('^cluster.inbound/8088.upstream_rq_retry$');
    assert.ok([...retries.values()].every((count) => count > 0));
    await control.settle(() => manifests.remove(own));
    hasty.close();
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

const unready = ({ status }: Manifest): object => ({
  ...(status as object),
  conditions: [{ type: 'Ready', status: 'False' }],
});
