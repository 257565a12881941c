/**
 * Requests go on between intercepted pods while everything around them changes: none may fail (R20). Every change is
 * acknowledged by all Envoys before the next, so that each of them has really been made under load.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../lib/eventually.ts';
import { type Manifest, routeGroup, service, split, target, tcpRoute } from '../lib/manifests.ts';
import { PodMesh } from '../lib/pod-mesh.ts';
import { needs } from '../lib/requirements.ts';
import { tally } from '../lib/shares.ts';

const root = '10.96.1.10';
const ports = [
  { port: 80, targetPort: 8080 },
  { port: 5432, appProtocol: 'tcp' },
];
const v1 = service('web-v1', { clusterIPs: ['10.96.1.11'], selector: { version: 'v1' }, ports });
const v2 = service('web-v2', { clusterIPs: ['10.96.1.12'], selector: { version: 'v2' }, ports });
const weights = (first: number, second: number) => split('canary', 'web', { 'web-v1': first, 'web-v2': second });
const access = (...from: readonly string[]) => target('web', { from, to: 'web', rules: ['HTTPRouteGroup/all'] });

const database = target('database', { from: ['client'], to: 'web', rules: ['TCPRoute/database'] });

const webPod = (version: string) =>
  ({ sidecar: 'transparent', serviceAccount: 'web', labels: { app: 'web', version } }) as const;
const start = () =>
  PodMesh.start(
    {
      client: { sidecar: 'transparent', serviceAccount: 'client' },
      'web-1': webPod('v1'),
      'web-2': webPod('v1'),
      'web-3': webPod('v2'),
    },
    [
      service('web', { clusterIPs: [root], selector: { app: 'web' }, ports }),
      v1,
      v2,
      weights(1, 1),
      routeGroup('all', { name: 'all' }),
      access('client'),
      tcpRoute('database', 5432),
      database,
    ],
    2,
  );

describe('under load, intercepted requests are answered', needs('envoy', 'root'), () => {
  let mesh: Awaited<ReturnType<typeof start>>;

  before(async () => {
    mesh = await start();
    await Promise.all((['web-1', 'web-2', 'web-3'] as const).map(serve));
  });
  after(() => mesh[Symbol.asyncDispose]());

  const serve = async (name: 'web-1' | 'web-2' | 'web-3') => {
    await mesh.pod(name).do('serveHttp', { pod: name, port: 8080 });
    await mesh.pod(name).do('serveGreeting', { pod: name, port: 5432 });
  };
  /** Makes each change under load, ten requests later than the one before, and all of them so many times. */
  const unharmed = (times: number, ...changes: readonly (() => Promise<void>)[]): Promise<void> =>
    unharmedWith(['GET', 'POST'], times, changes);
  const unharmedWith = async (
    methods: readonly string[],
    times: number,
    changes: readonly (() => Promise<void>)[],
  ): Promise<void> => {
    const client = mesh.pod('client');
    await client.do(
      'beginLoad',
      methods.map((method) => ({ url: `http://${root}/`, method })),
    );
    try {
      for (let turn = 0; turn < times; turn++) {
        for (const change of changes) {
          await change();
          await client.do('passLoad', 10);
        }
      }
    } finally {
      const outcomes = await client.do('endLoad');
      const failures = Object.entries(outcomes).filter(([outcome]) => !outcome.startsWith('200 web-'));
      assert.deepEqual(failures, []);
    }
    assert.deepEqual(mesh.control.faults, []);
  };
  const apply =
    (...objects: readonly Manifest[]) =>
    () =>
      mesh.control.apply(...objects);
  const remove =
    (...objects: readonly Manifest[]) =>
    () =>
      mesh.control.remove(...objects);

  test('while weights change', async () => {
    await unharmed(10, apply(weights(9, 1)), apply(weights(1, 3)), apply(weights(0, 1)), apply(weights(1, 1)));
  });

  test('while a split is deleted and created again', async () => {
    await unharmed(10, remove(weights(1, 1)), apply(weights(1, 1)));
  });

  test('while a backend comes with its weight, and goes with it', async () => {
    const v3 = service('web-v3', { clusterIPs: ['10.96.1.13'], selector: { version: 'v1' }, ports });
    const three = split('canary', 'web', { 'web-v1': 1, 'web-v2': 1, 'web-v3': 8 });
    await unharmed(10, apply(v3, three), async () => {
      // In one change, hence not one after the other.
      await mesh.control.change({ apply: [weights(1, 1)], remove: [v3] });
    });
  });

  test('while a selector changes', async () => {
    const other = service('web-v1', { clusterIPs: ['10.96.1.11'], selector: { version: 'v2' }, ports });
    await unharmed(8, apply(other), apply(v1));
  });

  test('while endpoints come, drain and go', async () => {
    const { manifest } = mesh.pod('web-2');
    await unharmed(
      8,
      apply(mesh.pod('web-2').manifestWith({ ready: false })),
      apply(manifest),
      apply(mesh.pod('web-2').manifestWith({ terminating: true })),
      remove(manifest),
      apply(manifest),
    );
  });

  test('while a pod is told to end, ends, and is replaced', async () => {
    const replaced = mesh.pod('web-2');
    await unharmed(
      3,
      apply(replaced.manifestWith({ terminating: true })),
      // What was under way is answered: a POST that the pod had begun on would be lost with it.
      () => mesh.pod('client').do('passLoad', 40),
      async () => {
        await replaced.killSidecar();
        await replaced.do('stopServing', 8080);
        await replaced.do('stopServing', 5432);
      },
      remove(replaced.manifest),
      // The kubelet knows of the new one before it is ready.
      apply(replaced.manifestWith({ ready: false })),
      async () => {
        await serve('web-2');
        await replaced.startSidecar();
      },
      apply(replaced.manifest),
    );
  });

  test('while a pod is killed and started again', async () => {
    const killed = mesh.pod('web-2');
    // Nobody knows whether a request of another method has been worked on: it may not be repeated.
    await unharmedWith(['GET'], 3, [
      async () => {
        await Promise.all([killed.killSidecar(), killed.do('stopServing', 8080), killed.do('stopServing', 5432)]);
      },
      () => mesh.pod('client').do('passLoad', 200),
      async () => {
        await serve('web-2');
        await killed.startSidecar();
      },
    ]);
  });

  test('while access is given to others and taken from them', async () => {
    await unharmed(
      8,
      apply(access('client', 'batch')),
      apply(target('more', { from: ['client', 'batch'], to: 'web', rules: ['HTTPRouteGroup/all'] })),
      remove(target('more', { from: [], to: '', rules: [] })),
      apply(access('client')),
    );
  });

  test('while their pods change from one mode to another', async () => {
    const { manifest } = mesh.pod('web-1');
    const inMode = (mode: string) => mesh.pod('web-1').manifestWith({ annotations: { mode } });
    const replaced = async () => {
      await eventually('the listeners of before to be gone', async () => {
        const stats = await mesh.pod('web-1').envoy.stats('^listener_manager.total_listeners_draining$');
        return stats.values().every((draining) => draining === 0);
      });
    };
    await unharmed(2, apply(inMode('audit')), apply(inMode('permissive')), apply(manifest), replaced);
  });

  test('while the same pods get other services and ports', async () => {
    const more = service('more', {
      clusterIPs: ['10.96.1.14'],
      selector: { app: 'web' },
      ports: [
        { port: 80, targetPort: 8080 },
        { port: 81, targetPort: 8081 },
        { port: 5432, appProtocol: 'tcp' },
      ],
    });
    await unharmed(8, apply(more), remove(more));
  });

  test('when their pod, their service and their split have gone meanwhile', async () => {
    await mesh.control.apply(weights(0, 1));
    const slow = mesh.pod('client').do('callHttp', { url: `http://${root}/held`, method: 'POST', times: 4 });
    await eventually('the pod to work on the requests', async () => (await mesh.pod('web-3').do('held', 8080)) === 4);
    await mesh.control.apply(weights(1, 0), mesh.pod('web-3').manifestWith({ terminating: true }));
    await mesh.control.remove(mesh.pod('web-3').manifest, v2, weights(1, 0));
    await mesh.control.remove(access('client'));
    await mesh.pod('web-3').do('release', 8080);
    assert.deepEqual(tally((await slow).map(({ status, said }) => `${status} ${said['pod']}`)), { '200 web-3': 4 });
    await mesh.control.apply(mesh.pod('web-3').manifest, v2, weights(1, 1), access('client'));
  });

  test('and connections that are open stay open', async () => {
    const client = mesh.pod('client');
    await mesh.control.apply(weights(0, 1));
    const conversations = [
      await client.do('converseOverTcp', root, 5432),
      await client.do('converseOverWebSocket', `ws://${root}/`),
    ];
    const { manifest } = mesh.pod('web-3');
    await unharmed(
      2,
      apply(weights(1, 1)),
      remove(weights(1, 1)),
      apply(weights(9, 1)),
      apply(weights(1, 0)),
      apply(
        access('client', 'batch'),
        target('database', { from: ['client', 'batch'], to: 'web', rules: ['TCPRoute/database'] }),
      ),
      apply(mesh.pod('web-3').manifestWith({ terminating: true })),
      remove(manifest),
      apply(manifest),
      apply(access('client'), database),
    );
    // Envoy would end what it drains some seconds later.
    await eventually('nothing to be drained any more', async () => {
      const stats = await client.envoy.stats('^listener_manager.total_(listeners|filter_chains)_draining$');
      return stats.values().every((draining) => draining === 0);
    });
    for (const conversation of conversations) {
      assert.equal(await client.do('say', conversation, 'still there?'), 'web-3: still there?');
    }
  });
});
