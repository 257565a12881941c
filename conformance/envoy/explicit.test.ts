/**
 * Explicit sidecars on real traffic, without root: applications use their Envoy as an HTTP proxy, and local ports for
 * TCP and UDP.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  callGrpc,
  callHttp,
  callTcp,
  callUdp,
  callWebSocket,
  chatGrpc,
  type HttpAnswer,
  type HttpCall,
} from '../lib/calls.ts';
import { eventually } from '../lib/eventually.ts';
import { LoopbackPods } from '../lib/loopback-pods.ts';
import { pod, routeGroup, service, split, target, tcpRoute, udpRoute } from '../lib/manifests.ts';
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
      assert.equal(outcome(await one(url)), '200', url);
    }
    for (const url of ['http://web:81/', 'http://gone/', 'http://web.bank/', 'http://plain/']) {
      assert.equal(outcome(await one(url)), '403 unknown-destination', url);
    }
  });

  test('the application is told who called, and sees the request as it was sent', async () => {
    const headers = { 'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/shop/sa/admin' };
    const { said } = await one('http://web-v1/api/things?q=1', { headers });
    assert.match(said['caller'] ?? '', /^By=[^;]*;Hash=[^;]*;URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/client$/);
    assert.deepEqual(
      { ...said, caller: '' },
      { pod: 'web-1', method: 'GET', path: '/api/things?q=1', authority: 'web-v1', caller: '', peer: '127.0.0.1' },
    );
  });

  test('a request is allowed or answered 403 as its path, once canonical, and its method say (R36)', async () => {
    const answers: Record<string, string> = {
      'GET /api': '200',
      'GET /api/users?id=1': '200',
      'GET /apiary': '200',
      'GET /orders': '200',
      'DELETE /orders': '200',
      'GET /orders?all': '200',
      'GET /orders/1': '403 not-allowed',
      'POST /api': '403 not-allowed',
      'GET /': '403 not-allowed',
      'GET /?x=/api': '403 not-allowed',
      'GET //api': '200',
      'GET /api/../admin': '403 not-allowed',
      'GET /api/%2e%2e/admin': '403 not-allowed',
      'GET /api%2F..%2Fadmin': '403 not-allowed',
      'GET /api/..%5Cadmin': '403 not-allowed',
      'GET /admin/../api': '200',
    };
    const actual: Record<string, string> = {};
    for (const request of Object.keys(answers)) {
      const [method = '', path = ''] = request.split(' ');
      // As it stands: a URL would be made canonical by the client.
      actual[request] = outcome(await one('http://web', { method, path }));
    }
    assert.deepEqual(actual, answers);
  });

  test('a caller that a policy does not name is answered 403 by the destination, and says why', async () => {
    const [answer] = await callHttp({ url: 'http://web/api', proxy: pods.pod('other').proxy });
    assert.equal(outcome(answer ?? (await one(''))), '403 not-allowed');
    assert.equal(
      answer?.text,
      'No TrafficTarget allows spiffe://cluster.local/ns/shop/sa/other this request: GET /api\n',
    );
  });

  test('a caller without a certificate is answered 403, and no application hears of it', async () => {
    const [answer] = await callHttp({ url: `http://${pods.pod('web-1').address}:15006/api` });
    assert.equal(outcome(answer ?? (await one(''))), '403 no-identity');
  });

  test('pods without a sidecar are called in plain text', async () => {
    assert.deepEqual(podsOf(await call('http://plain:8080/')), ['plain']);
  });

  test('what audit mode would deny passes, is counted and is written down (R42)', async () => {
    const { envoy } = pods.pod('audited');
    assert.deepEqual(podsOf(await call('http://audited:8080/secret', { times: 3 })), ['audited', 'audited', 'audited']);
    const counted = await envoy.stats('rbac.shadow_denied$');
    assert.deepEqual([...counted.values()], [3]);
    await eventually('three lines about it', () => envoy.log().split('audit: not allowed to spiffe://').length === 4);
  });

  test('the weights of a split are kept to, also when they change (R11)', async () => {
    await mesh.apply(split('canary', 'web', { 'web-v1': 90, 'web-v2': 10 }));
    assertShares(podsOf(await call('http://web/api', { times: 1000 })), { 'web-1': 90, 'web-2': 10 });
    await mesh.apply(split('canary', 'web', { 'web-v1': 0, 'web-v2': 1 }));
    await until('http://web/api', 'web-2');
    assert.deepEqual(tally(podsOf(await call('http://web/api', { times: 200 }))), { 'web-2': 200 });
    await mesh.apply(split('canary', 'web', { 'web-v1': 1, 'web-v2': 3 }));
    await until('http://web/api', 'web-1');
    assertShares(podsOf(await call('http://web/api', { times: 1000 })), { 'web-1': 1, 'web-2': 3 });
  });

  test('backends are reached by their own names while a split is on (R19)', async () => {
    assert.deepEqual(tally(podsOf(await call('http://web-v1/api', { times: 20 }))), { 'web-1': 20 });
    assert.deepEqual(tally(podsOf(await call('http://web-v2/api', { times: 20 }))), { 'web-2': 20 });
  });

  test('a root may be its own backend (R15)', async () => {
    await mesh.apply(split('canary', 'web', { 'web-v2': 1 }));
    await until('http://web/api', 'web-2');
    await mesh.apply(split('canary', 'web', { web: 1, 'web-v1': 1 }));
    await until('http://web/api', 'web-1');
    assertShares(podsOf(await call('http://web/api', { times: 1000 })), { 'web-1': 3, 'web-2': 1 });
  });

  test('requests that match are split, others go to the root (R16)', async () => {
    await mesh.apply(split('canary', 'web', { 'web-v2': 1 }));
    await until('http://web/api', 'web-2');
    await mesh.apply(split('canary', 'web', { 'web-v2': 1 }, 'beta'));
    await until('http://web/api', 'web-1');
    const tester = { headers: { 'x-user': 'beta-7' } };
    assert.deepEqual(tally(podsOf(await call('http://web/api', { times: 100, ...tester }))), { 'web-2': 100 });
    assertShares(podsOf(await call('http://web/api', { times: 400 })), { 'web-1': 1, 'web-2': 1 });
  });

  test('without a usable backend HTTP is answered 503 and TCP is closed (R14)', async () => {
    await mesh.apply(split('canary', 'web', { 'web-v1': 0, 'web-v2': 0 }));
    await until('http://web/api', '503');
    assert.equal(outcome(await one('http://web/api')), '503 no-usable-backend');
    assert.deepEqual(await greet('client'), [{ received: '', end: 'server' }]);
    await mesh.remove(split('canary', 'web', {}));
    await eventually('the service itself to answer', async () => outcome(await one('http://web/api')) === '200');
  });

  test('TCP reaches whom a policy names, and others are closed without a byte of greeting (R30)', async () => {
    const [allowed] = await greet('client', 'hello');
    assert.match(allowed?.received ?? '', /^welcome to (web-\d)\n\1: hello\n$/);
    assert.deepEqual(await greet('other'), [{ received: '', end: 'server' }]);
    await mesh.apply(target('database', { from: ['other'], to: 'web', rules: ['TCPRoute/database'] }));
    await eventually('the other to be let in', async () => (await greet('other'))[0]?.received !== '');
    assert.deepEqual(await greet('client'), [{ received: '', end: 'server' }]);
    await mesh.apply(target('database', { from: ['client'], to: 'web', rules: ['TCPRoute/database'] }));
    await eventually('the client to be let in', async () => (await greet('client'))[0]?.received !== '');
    assert.deepEqual(await greet('other'), [{ received: '', end: 'server' }]);
  });

  test('TCP connections are split by weight, and those that exist stay when it changes (R18, R20)', async () => {
    const updated = () => pods.pod('client').envoy.stats('listener_manager.listener_in_place_updated$');
    const before = await updated();
    await mesh.apply(split('canary', 'web', { 'web-v1': 4, 'web-v2': 1 }));
    const port = pods.pod('client').localPort('web:5432');
    const answers = await callTcp({ host: '127.0.0.1', port, times: 300 });
    assertShares(
      answers.map(({ received }) => received.slice('welcome to '.length).trim()),
      { 'web-1': 4, 'web-2': 1 },
    );
    await mesh.remove(split('canary', 'web', {}));
    // A filter chain that changes closes its connections after a time.
    assert.deepEqual(await updated(), before);
  });

  test('gRPC goes through, streams included, and a denial is a gRPC status (R18)', async () => {
    const target = pods.pod('client').proxy;
    const said = await callGrpc({ target, authority: 'web-v1:50051', message: 'hello', times: 3 });
    assert.deepEqual(said, ['web-1: hello', 'web-1: hello', 'web-1: hello']);
    const streamed = await chatGrpc(target, ['a', 'b', 'c'], 'web-v1:50051');
    assert.deepEqual(streamed, ['web-1: a', 'web-1: b', 'web-1: c', '0 OK']);
    const [denied] = await callGrpc({ target: pods.pod('other').proxy, authority: 'web:50051', message: 'hello' });
    assert.match(denied ?? '', /^7 /);
  });

  test('WebSockets go through (R18)', async () => {
    const { proxy } = pods.pod('client');
    assert.deepEqual(await callWebSocket('ws://web-v1/api', ['a', 'b'], proxy), ['web-1: a', 'web-1: b']);
    assert.deepEqual(await callWebSocket('ws://web-v1/other', ['a'], proxy), ['error']);
  });

  test('UDP reaches a destination whose policy names the sender, and is dropped otherwise (R41)', async () => {
    const port = pods.pod('client').localPort('web:5353');
    const send = (message: string, answers: number) =>
      callUdp({ host: '127.0.0.1', port, messages: [message], answers });
    // UDP senders are known by address alone, and on this machine's loopback that is not their pod's.
    const local = pod('local', { serviceAccount: 'client', addresses: ['127.0.0.1'] });
    await send('of a stranger', 0);
    await mesh.apply(local);
    const answer = await eventually('a datagram to be let in', async () => (await send('of the client', 1))[0]);
    assert.match(answer, /^web-\d: of the client$/);
    assert.deepEqual([...new Set([...heard.values()].flat())], ['of the client']);
  });

  test('nothing that was sent to an Envoy was refused', () => {
    assert.deepEqual(mesh.faults, []);
  });
});
