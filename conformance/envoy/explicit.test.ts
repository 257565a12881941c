/**
 * Explicit sidecars on real traffic, without root: applications use their Envoy as an HTTP proxy, and local ports for
 * TCP and UDP.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { callGrpc, callHttp, callTcp, callUdp, type HttpAnswer, type HttpCall } from '../lib/calls.ts';
import { eventually } from '../lib/eventually.ts';
import { LoopbackPods } from '../lib/loopback-pods.ts';
import { routeGroup, service, split, target, tcpRoute, udpRoute } from '../lib/manifests.ts';
import { MeshInProcess } from '../lib/mesh-in-process.ts';
import { needs } from '../lib/requirements.ts';
import { type RunningServer, serveGreeting, serveGrpc, serveHttp, serveUdp } from '../lib/servers.ts';
import { assertShares, tally } from '../lib/shares.ts';

const ports = [
  { port: 80, targetPort: 8080 },
  { port: 5432, appProtocol: 'tcp' },
  { port: 50051, appProtocol: 'grpc' },
  { port: 5353, protocol: 'UDP' },
] as const;
const objects = [
  service('web', { clusterIPs: ['10.96.0.10'], selector: { app: 'web' }, ports }),
  service('web-v1', { clusterIPs: ['10.96.0.11'], selector: { version: 'v1' }, ports }),
  service('web-v2', { clusterIPs: ['10.96.0.12'], selector: { version: 'v2' }, ports }),
  service('plain', { clusterIPs: ['10.96.0.13'], selector: { app: 'plain' }, ports: [{ port: 8080 }] }),
  service('audited', { clusterIPs: ['10.96.0.14'], selector: { app: 'audited' }, ports: [{ port: 8080 }] }),
  routeGroup('api', { name: 'read', pathRegex: '/api', methods: ['GET'] }, { name: 'write', pathRegex: '/orders$' }),
  routeGroup('echo', { name: 'all', pathRegex: '/test.Echo/' }),
  routeGroup('beta', { name: 'testers', headers: { 'x-user': 'beta-.*' } }),
  tcpRoute('database', 5432),
  udpRoute('names', 5353),
  target('api', { from: ['client'], to: 'web', rules: ['HTTPRouteGroup/api', 'HTTPRouteGroup/echo'] }),
  target('database', { from: ['client'], to: 'web', rules: ['TCPRoute/database'] }),
  target('names', { from: ['client'], to: 'web', rules: ['UDPRoute/names'] }),
  // So that it knows the service at all, and is refused by the destination.
  target('other', { from: ['other'], to: 'web', rules: ['HTTPRouteGroup/beta'] }),
];
const upstreams = ['web:5432', 'web:5353'];

const placePods = () =>
  LoopbackPods.place({
    client: { sidecar: 'explicit', serviceAccount: 'client', upstreams },
    other: { sidecar: 'explicit', serviceAccount: 'other', upstreams },
    'web-1': { sidecar: 'explicit', serviceAccount: 'web', labels: { app: 'web', version: 'v1' } },
    'web-2': { sidecar: 'explicit', serviceAccount: 'web', labels: { app: 'web', version: 'v2' } },
    plain: { sidecar: 'none', serviceAccount: 'plain', labels: { app: 'plain' } },
    audited: {
      sidecar: 'explicit',
      serviceAccount: 'audited',
      labels: { app: 'audited' },
      annotations: { mode: 'audit' },
    },
  });

const podsOf = (answers: readonly HttpAnswer[]) => answers.map(({ status, said }) => said['pod'] ?? `${status}`);
const outcome = ({ status, denied }: HttpAnswer) => `${status} ${denied ?? ''}`.trim();

describe('explicit sidecars', needs('envoy'), () => {
  let pods: Awaited<ReturnType<typeof placePods>>;
  let mesh: MeshInProcess;
  const servers: RunningServer[] = [];
  const heard = new Map<string, readonly string[]>();

  const call = (url: string, options: Partial<HttpCall> = {}) =>
    callHttp({ url, proxy: pods.pod('client').proxy, ...options });
  const one = async (url: string, options: Partial<HttpCall> = {}): Promise<HttpAnswer> => {
    const [answer] = await call(url, options);
    assert.ok(answer !== undefined);
    return answer;
  };
  const greet = (pod: 'client' | 'other', line?: string) =>
    callTcp({ host: '127.0.0.1', port: pods.pod(pod).localPort('web:5432'), ...(line === undefined ? {} : { line }) });
  /** Envoys acknowledge a change a moment before their workers live by it. */
  const until = (url: string, expected: string) =>
    eventually(`${url} to be answered ${expected}`, async () => podsOf(await call(url))[0] === expected);

  before(async () => {
    pods = await placePods();
    mesh = await MeshInProcess.open(pods.folder, '127.0.0.1', [...pods.manifests, ...objects]);
    for (const pod of ['web-1', 'web-2'] as const) {
      const host = pods.pod(pod).application;
      servers.push(await serveHttp({ pod, host, port: 8080 }), await serveGreeting({ pod, host, port: 5432 }));
      servers.push(await serveGrpc({ pod, host, port: 50051 }));
      const udp = await serveUdp({ pod, host, port: 5353 });
      servers.push(udp);
      heard.set(pod, udp.heard);
    }
    for (const pod of ['plain', 'audited'] as const) {
      servers.push(await serveHttp({ pod, host: pods.pod(pod).application, port: 8080 }));
    }
    await pods.startSidecars((pod) => mesh.bootstrapOf(pod));
  });
  after(async () => {
    await mesh[Symbol.asyncDispose]();
    await pods[Symbol.asyncDispose]();
    await Promise.all(servers.map((server) => server.stop()));
  });

  test('a service is reached by each of its names', async () => {
    const hosts = ['web', 'web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local', 'web.shop.svc.cluster.local.'];
    for (const url of hosts.flatMap((host) => [`http://${host}/api`, `http://${host}:80/api`])) {
      assert.equal((await one(url)).status, 200, url);
    }
  });
});
