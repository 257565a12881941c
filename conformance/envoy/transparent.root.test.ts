/**
 * Transparent sidecars on real traffic: pods are network namespaces, whose TCP iptables hands to a real Envoy. Clients
 * and servers know nothing of it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRoot } from '../../src/identity/certificate-authority.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { HttpAnswer, HttpCall, TcpAnswer } from '../lib/calls.ts';
import { eventually } from '../lib/eventually.ts';
import { routeGroup, type ServiceOptions, service, split, target, tcpRoute, udpRoute } from '../lib/manifests.ts';
import { PodMesh } from '../lib/pod-mesh.ts';
import { needs } from '../lib/requirements.ts';
import { assertShares, tally } from '../lib/shares.ts';

const web = '10.96.0.10';
const webIpv6 = 'fd00:96::10';
const webV1 = '10.96.0.11';
const webV2 = '10.96.0.12';
const front = '10.96.0.13';
const audited = '10.96.0.20';
const open = '10.96.0.21';
const plain = '10.96.0.23';
const onlyIpv6 = 'fd00:96::22';

const webPorts: ServiceOptions['ports'] = [
  // The pods serve it on different numbers.
  { port: 80, targetPort: 'http' },
  { port: 5432, appProtocol: 'tcp' },
  { port: 50051, appProtocol: 'grpc' },
  // Nothing says that it is gRPC.
  { port: 50052, targetPort: 50051 },
  { port: 5353, protocol: 'UDP' },
];
const openPorts: ServiceOptions['ports'] = [
  { port: 80, targetPort: 8080 },
  { port: 5432, appProtocol: 'tcp' },
  { port: 8443, appProtocol: 'https' },
];

const clientUsesApi = target('client-uses-api', { from: ['client', 'web'], to: 'web', rules: ['HTTPRouteGroup/api'] });
const clientUsesDatabase = target('client-uses-database', {
  from: ['client'],
  to: 'web',
  rules: ['TCPRoute/database'],
});

const objects = [
  service('web', { clusterIPs: [web, webIpv6], selector: { app: 'web' }, ports: webPorts }),
  service('web-v1', { clusterIPs: [webV1], selector: { version: 'v1' }, ports: webPorts }),
  service('web-v2', { clusterIPs: [webV2], selector: { version: 'v2' }, ports: webPorts }),
  service('web-each', { clusterIPs: ['None'], selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }),
  service('front', { clusterIPs: [front], selector: { version: 'v1' }, ports: [{ port: 8000, targetPort: 'http' }] }),
  service('only-ipv6', { clusterIPs: [onlyIpv6], selector: { version: 'v1' }, ports: webPorts }),
  service('audited', { clusterIPs: [audited], selector: { app: 'audited' }, ports: openPorts }),
  service('plain', { clusterIPs: [plain], selector: { app: 'outsider' }, ports: openPorts }),
  service('open', { clusterIPs: [open], selector: { app: 'open' }, ports: openPorts }),
  service('names', {
    clusterIPs: ['10.96.0.30'],
    selector: { app: 'names' },
    ports: [{ port: 53, targetPort: 5353, protocol: 'UDP' }],
  }),
  routeGroup('api', { name: 'all', pathRegex: '/api' }),
  routeGroup('echo', { name: 'say', pathRegex: '/test.Echo/' }),
  routeGroup('beta', { name: 'says-so', headers: { 'x-user': 'beta-.*' } }),
  tcpRoute('database', 5432),
  udpRoute('names', 5353),
  clientUsesApi,
  clientUsesDatabase,
  target('client-uses-echo', { from: ['client'], to: 'web', rules: ['HTTPRouteGroup/echo'] }),
  target('client-uses-canary', {
    from: ['client'],
    to: 'canary',
    rules: ['HTTPRouteGroup/api', 'HTTPRouteGroup/echo'],
  }),
  target('client-uses-canary-database', { from: ['client'], to: 'canary', rules: ['TCPRoute/database'] }),
  target('client-uses-audited', { from: ['client'], to: 'audited', rules: ['HTTPRouteGroup/api'] }),
  target('asker-uses-names', { from: ['asker'], to: 'names', rules: ['UDPRoute/names'] }),
];

const start = () =>
  PodMesh.start(
    {
      client: { sidecar: 'transparent', serviceAccount: 'client' },
      /** In the mesh, but granted nothing. */
      other: { sidecar: 'transparent', serviceAccount: 'other' },
      outsider: { sidecar: 'none', serviceAccount: 'outsider', labels: { app: 'outsider' } },
      stranger: { sidecar: 'stranger', serviceAccount: 'stranger' },
      'web-1': {
        sidecar: 'transparent',
        serviceAccount: 'web',
        labels: { app: 'web', version: 'v1' },
        ports: [{ name: 'http', containerPort: 8080 }],
      },
      'web-2': {
        sidecar: 'transparent',
        serviceAccount: 'canary',
        labels: { app: 'web', version: 'v2' },
        ports: [{ name: 'http', containerPort: 9090 }],
      },
      audited: {
        sidecar: 'transparent',
        serviceAccount: 'audited',
        labels: { app: 'audited' },
        annotations: { mode: 'audit' },
      },
      open: {
        sidecar: 'transparent',
        serviceAccount: 'open',
        labels: { app: 'open' },
        annotations: { mode: 'permissive' },
      },
      names: { sidecar: 'explicit', serviceAccount: 'names', labels: { app: 'names' } },
      asker: { sidecar: 'explicit', serviceAccount: 'asker', annotations: { upstreams: '5300=names:53' } },
    },
    objects,
  );

type Mesh = Awaited<ReturnType<typeof start>>;

/** For an application's own TLS, whose clients here do not look. PEM. */
async function makeKeyPair(): Promise<{ readonly cert: string; readonly key: string }> {
  const { certificate, privateKey } = await createRoot('app.example', systemClock);
  return { cert: certificate, key: privateKey.reveal() };
}

describe('transparent sidecars', needs('envoy', 'root'), () => {
  let mesh: Mesh;

  before(async () => {
    mesh = await start();
    const [web1, web2, stranger] = [mesh.pod('web-1'), mesh.pod('web-2'), mesh.pod('stranger')];
    await Promise.all([
      web1.do('serveHttp', { pod: 'web-1', port: 8080 }),
      web1.do('serveGreeting', { pod: 'web-1', port: 5432 }),
      web1.do('serveGrpc', { pod: 'web-1', port: 50051 }),
      web1.do('serveUdp', { pod: 'web-1', port: 5353 }),
      // An application that listens on its pod's address only.
      web2.do('serveHttp', { pod: 'web-2', host: web2.ipv4, port: 9090 }),
      web2.do('serveGreeting', { pod: 'web-2', host: web2.ipv4, port: 5432 }),
      web2.do('serveGrpc', { pod: 'web-2', host: web2.ipv4, port: 50051 }),
      web1.do('serveHttp', { pod: 'web-1', port: 7777 }),
      ...(['audited', 'open', 'outsider'] as const).flatMap((pod) => [
        mesh.pod(pod).do('serveHttp', { pod, port: 8080 }),
        mesh.pod(pod).do('serveGreeting', { pod, port: 5432 }),
        mesh.pod(pod).do('serveGreeting', { pod, port: 7777 }),
      ]),
      mesh.pod('open').do('serveTlsGreeting', { pod: 'open', port: 8443, ...(await makeKeyPair()) }),
      mesh.pod('names').do('serveUdp', { pod: 'names', host: '127.0.0.1', port: 5353 }),
      stranger.do('serveHttp', { pod: 'stranger', port: 80 }),
      stranger.do('serveGreeting', { pod: 'stranger', port: 5432 }),
      // What a sidecar knows nothing of goes where kube-proxy has it go.
      ...(['client', 'other', 'outsider'] as const).flatMap((pod) => [
        mesh.pod(pod).forward({ address: webV1, port: 80 }, { address: web1.ipv4, port: 8080 }),
        mesh.pod(pod).forward({ address: webV1, port: 5432 }, { address: web1.ipv4, port: 5432 }),
      ]),
    ]);
  });
  after(() => mesh[Symbol.asyncDispose]());

  const client = (call: HttpCall) => mesh.pod('client').do('callHttp', call);
  const podsOf = (answers: readonly HttpAnswer[]) => answers.map(({ status, said }) => said['pod'] ?? `${status}`);
  /** Endpoints are chosen by how busy they are, which is no share to count on. */
  const everybodyIn = (pods: readonly string[]) => Object.keys(tally(pods)).sort();
  const outcomes = (answers: readonly HttpAnswer[]) =>
    tally(answers.map(({ status, said, denied }) => said['pod'] ?? `${status} ${denied}`));
  const conversations = (answers: readonly TcpAnswer[]) =>
    tally(answers.map(({ received, end }) => `${received.replaceAll('\n', '; ')}${end}`));

  /** Envoys acknowledge a change a moment before their workers live by it. */
  const until = (call: HttpCall, matches: (answer: HttpAnswer) => boolean) =>
    eventually('an answer by the new rules', async () => (await client(call)).every(matches));

  test('an application sees the request as it was sent, and is told who called', async () => {
    const [answer] = await client({ url: `http://${webV1}/api/things?q=1`, headers: { host: 'web-v1' } });
    const { caller, peer, ...said } = answer?.said ?? {};
    assert.deepEqual(said, { pod: 'web-1', method: 'GET', path: '/api/things?q=1', authority: 'web-v1' });
    assert.match(caller ?? '', /;URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/client$/);
    assert.match(peer ?? '', /127\.0\.0\.6$/);
  });

  test('a service with a named target port reaches every pod on the number it has there', async () => {
    assert.deepEqual(everybodyIn(podsOf(await client({ url: `http://${web}/api`, times: 50 }))), ['web-1', 'web-2']);
  });

  test('a pod in several services serves each of them on the same port', async () => {
    for (const url of [`http://${webV1}/api`, `http://${front}:8000/api`]) {
      assert.deepEqual(outcomes(await client({ url, times: 20 })), { 'web-1': 20 });
    }
  });

  test('clients of a headless service reach the pod whose address they dial', async () => {
    for (const [pod, port] of [
      ['web-1', 8080],
      ['web-2', 9090],
    ] as const) {
      const url = `http://${mesh.pod(pod).ipv4}:${port}/api`;
      assert.deepEqual(outcomes(await client({ url, times: 20 })), { [pod]: 20 });
    }
    const refused = await client({ url: `http://${mesh.pod('web-1').ipv4}:8080/secret`, times: 5 });
    assert.deepEqual(outcomes(refused), { '403 not-allowed': 5 });
  });

  test('a service with addresses of both families is reached by either, and one with IPv6 alone by that', async () => {
    const both = await client({ url: `http://[${webIpv6}]/api`, times: 50 });
    assert.deepEqual(everybodyIn(podsOf(both)), ['web-1', 'web-2']);
    const [answer] = await client({ url: `http://[${onlyIpv6}]/api` });
    assert.equal(answer?.said['pod'], 'web-1');
    assert.match(answer.said['peer'] ?? '', /^::6$/);
    const url = `http://[${mesh.pod('web-1').ipv6}]:8080/api`;
    assert.deepEqual(outcomes(await client({ url, times: 5 })), { 'web-1': 5 });
    assert.deepEqual(outcomes(await mesh.pod('outsider').do('callHttp', { url })), { '403 no-identity': 1 });
  });

  test('a pod may call the service that it is behind itself', async () => {
    const answers = await mesh.pod('web-1').do('callHttp', { url: `http://${webV1}/api`, times: 20 });
    assert.deepEqual(outcomes(answers), { 'web-1': 20 });
    assert.match(answers[0]?.said['caller'] ?? '', /\/sa\/web$/);
    const refused = await mesh.pod('web-1').do('callHttp', { url: `http://${webV1}/secret` });
    assert.deepEqual(outcomes(refused), { '403 not-allowed': 1 });
  });

  describe('with a split', () => {
    const url = `http://${web}/api`;
    after(() => mesh.control.remove(split('canary', 'web', {}), split('beta', 'web', {})));

    test('HTTP requests are divided by weight, whatever the sum', async () => {
      await mesh.control.apply(split('canary', 'web', { 'web-v1': 90, 'web-v2': 10 }));
      assertShares(podsOf(await client({ url, times: 1000 })), { 'web-1': 90, 'web-2': 10 });
      await mesh.control.apply(split('canary', 'web', { 'web-v1': 0, 'web-v2': 1 }));
      await until({ url, times: 8 }, ({ said }) => said['pod'] === 'web-2');
      assert.deepEqual(outcomes(await client({ url, times: 200 })), { 'web-2': 200 });
      await mesh.control.apply(split('canary', 'web', { 'web-v1': 250, 'web-v2': 750 }));
      assertShares(podsOf(await client({ url, times: 1000 })), { 'web-1': 1, 'web-2': 3 });
    });

    test('TCP connections and gRPC calls are divided as well', async () => {
      const greetings = await mesh.pod('client').do('callTcp', { host: web, port: 5432, times: 200 });
      assertShares(
        greetings.map(({ received }) => received.trim()),
        { 'welcome to web-1': 1, 'welcome to web-2': 3 },
      );
      const echoes = await mesh.pod('client').do('callGrpc', { target: `${web}:50051`, message: 'hello', times: 200 });
      assertShares(echoes, { 'web-1: hello': 1, 'web-2: hello': 3 });
    });

    test('a pod that is reached through it is called by the name of the root, and by its own name meanwhile', async () => {
      await mesh.control.apply(split('canary', 'web', { 'web-v2': 1 }));
      await until({ url, times: 8 }, ({ said }) => said['pod'] === 'web-2');
      const [answer] = await client({ url, headers: { host: 'web.shop' } });
      assert.deepEqual([answer?.said['pod'], answer?.said['authority']], ['web-2', 'web.shop']);
      assert.deepEqual(outcomes(await client({ url: `http://${webV1}/api`, times: 20 })), { 'web-1': 20 });
    });

    test('requests with a header go where the split for them says', async () => {
      await mesh.control.apply(split('canary', 'web', { 'web-v1': 1 }), split('beta', 'web', { 'web-v2': 1 }, 'beta'));
      const beta = { url, headers: { 'X-User': 'beta-7' } };
      await until(beta, ({ said }) => said['pod'] === 'web-2');
      await until({ url, times: 8 }, ({ said }) => said['pod'] === 'web-1');
      assert.deepEqual(outcomes(await client({ ...beta, times: 100 })), { 'web-2': 100 });
      for (const headers of [{}, { 'x-user': 'alphabeta-7' }]) {
        assert.deepEqual(outcomes(await client({ url, headers, times: 100 })), { 'web-1': 100 });
      }
    });
  });

  describe('access', () => {
    test('what no TrafficTarget allows is answered 403 with the reason', async () => {
      const answers = await client({ url: `http://${web}/secret`, times: 20 });
      assert.deepEqual(outcomes(answers), { '403 not-allowed': 20 });
      const [{ text = '' } = {}] = answers;
      assert.match(text, /^No TrafficTarget allows spiffe:.*\/sa\/client this request: GET \/secret\n$/);
    });

    test('callers without an identity are answered 403 by HTTP ports, and closed without a byte by TCP ports', async () => {
      const { ipv4 } = mesh.pod('web-1');
      const callers = (['other', 'outsider'] as const).map((pod) => mesh.pod(pod));
      for (const caller of callers) {
        for (const url of [`http://${webV1}/api`, `http://${ipv4}:8080/api`]) {
          assert.deepEqual(outcomes(await caller.do('callHttp', { url, times: 20 })), { '403 no-identity': 20 });
        }
      }
      // Who waits to be greeted is found out by that, which takes some seconds: all at once.
      const calls = callers.flatMap((caller) => [webV1, ipv4].map((host) => ({ caller, host })));
      const answers = await Promise.all(
        calls.map(({ caller, host }) => caller.do('callTcp', { host, port: 5432, times: 20, atOnce: 20 })),
      );
      for (const { received, end } of answers.flat()) {
        assert.equal(received, '');
        assert.match(end, /server|reset/);
      }
    });

    test('a server that speaks first greets those who are allowed, and says not a byte to others', async () => {
      const greeted = await mesh.pod('client').do('callTcp', { host: webV1, port: 5432, line: 'list', times: 20 });
      assert.deepEqual(conversations(greeted), { 'welcome to web-1; web-1: list; client': 20 });
      // Who is granted one backend of a split is known to its other backends, and refused there.
      const grant = target('other-uses-database', { from: ['other'], to: 'web', rules: ['TCPRoute/database'] });
      const canary = split('canary', 'web', { 'web-v1': 1, 'web-v2': 1 });
      await mesh.control.apply(grant, canary);
      const call = { host: webV1, port: 5432 };
      await eventually('the grant to work', async () => {
        const [answer] = await mesh.pod('other').do('callTcp', call);
        return answer?.received !== '';
      });
      const allowed = await mesh.pod('other').do('callTcp', { ...call, times: 20 });
      assert.deepEqual(conversations(allowed), { 'welcome to web-1; client': 20 });
      for (const line of [undefined, 'let me in']) {
        const denied = await mesh
          .pod('other')
          .do('callTcp', { host: webV2, port: 5432, times: 20, ...(line === undefined ? {} : { line, first: true }) });
        assert.deepEqual([...new Set(denied.map(({ received }) => received))], ['']);
      }
      const stats = await mesh.pod('web-2').envoy.stats('ssl.fail_verify_san');
      assert.ok(
        [...stats.values()].some((value) => value >= 40),
        JSON.stringify([...stats]),
      );
      await mesh.control.remove(grant, canary);
    });

    test('a TrafficTarget that is removed or added changes the answers of the same connections', async () => {
      const http = { url: `http://${webV1}/api`, times: 20 };
      const tcp = { host: webV1, port: 5432, line: 'let me in', first: true, times: 20 };
      await mesh.control.remove(clientUsesApi, clientUsesDatabase);
      await until(http, ({ status }) => status === 403);
      await eventually('TCP to be refused', async () => {
        return (await mesh.pod('client').do('callTcp', tcp)).every(({ received }) => received === '');
      });
      await mesh.control.apply(clientUsesApi, clientUsesDatabase);
      await until(http, ({ status }) => status === 200);
      await eventually('TCP to be allowed', async () => {
        return (await mesh.pod('client').do('callTcp', tcp)).every(({ received }) => received !== '');
      });
    });
  });

  test('gRPC goes both ways, and a refusal is a status that its clients understand', async () => {
    const caller = mesh.pod('client');
    assert.deepEqual(await caller.do('chatGrpc', `${webV1}:50051`, ['a', 'b', 'c']), [
      'web-1: a',
      'web-1: b',
      'web-1: c',
      '0 OK',
    ]);
    const undeclared = await caller.do('callGrpc', { target: `${webV1}:50052`, message: 'hello' });
    assert.deepEqual(undeclared, ['web-1: hello']);
    const noEcho = target('client-uses-echo', { from: ['web'], to: 'web', rules: ['HTTPRouteGroup/echo'] });
    await mesh.control.apply(noEcho);
    const refused = await eventually('the refusal', async () => {
      const [answer] = await caller.do('callGrpc', { target: `${webV1}:50051`, message: 'hello' });
      return answer?.startsWith('7 ') && answer;
    });
    assert.match(refused, /^7 No TrafficTarget allows .*\/sa\/client this request: POST \/test\.Echo\/Say$/m);
  });

  test('WebSockets are opened and refused as other requests are', async () => {
    const caller = mesh.pod('client');
    assert.deepEqual(await caller.do('callWebSocket', `ws://${webV1}/api`, ['a', 'b']), ['web-1: a', 'web-1: b']);
    assert.deepEqual(await caller.do('callWebSocket', `ws://${webV1}/secret`, ['a']), ['error']);
  });

  test('a service of pods without a sidecar is called in plain text', async () => {
    const [answer] = await client({ url: `http://${plain}/anything` });
    assert.deepEqual([answer?.said['pod'], answer?.said['caller']], ['outsider', undefined]);
    const greeted = await mesh.pod('client').do('callTcp', { host: plain, port: 5432, line: 'hi' });
    assert.deepEqual(conversations(greeted), { 'welcome to outsider; outsider: hi; client': 1 });
  });

  test('what is not in the mesh is reached as if there were no sidecar', async () => {
    const { ipv4, ipv6 } = mesh.pod('stranger');
    for (const host of [ipv4, `[${ipv6}]`]) {
      const [answer] = await client({ url: `http://${host}/anything` });
      assert.deepEqual([answer?.status, answer?.said['pod']], [200, 'stranger']);
    }
    const greeted = await mesh.pod('client').do('callTcp', { host: ipv4, port: 5432, line: 'hi' });
    assert.deepEqual(conversations(greeted), { 'welcome to stranger; stranger: hi; client': 1 });
  });

  test('a port that no service declares is closed', async () => {
    const url = `http://${mesh.pod('web-1').ipv4}:7777/api`;
    for (const pod of ['client', 'outsider'] as const) {
      const [answer] = await mesh.pod(pod).do('callHttp', { url });
      assert.match(answer?.text ?? '', /socket hang up|ECONNRESET/);
    }
  });

  test('audit mode lets everything pass, and counts what it would refuse', async () => {
    const denied = async () => {
      const stats = await mesh.pod('audited').envoy.stats('rbac.*shadow_denied');
      return [...stats.values()].reduce((sum, value) => sum + value, 0);
    };
    const http = { url: `http://${audited}/api`, times: 10 };
    assert.deepEqual(outcomes(await client(http)), { audited: 10 });
    assert.equal(await denied(), 0);
    assert.deepEqual(outcomes(await mesh.pod('other').do('callHttp', http)), { audited: 10 });
    assert.equal(await denied(), 10);
    const plain = { url: `http://${mesh.pod('audited').ipv4}:8080/api`, times: 10 };
    assert.deepEqual(outcomes(await mesh.pod('outsider').do('callHttp', plain)), { audited: 10 });
    assert.equal(await denied(), 20);
    const greeted = await mesh.pod('other').do('callTcp', { host: audited, port: 5432, line: 'hi', times: 10 });
    assert.deepEqual(conversations(greeted), { 'welcome to audited; audited: hi; client': 10 });
    assert.equal(await denied(), 30);
  });

  test('permissive mode lets everything pass, with an identity where there is one', async () => {
    for (const [pod, caller] of [
      ['other', /\/sa\/other$/],
      ['outsider', /^$/],
    ] as const) {
      const host = pod === 'other' ? open : mesh.pod('open').ipv4;
      const [answer] = await mesh.pod(pod).do('callHttp', { url: `http://${host}:${pod === 'other' ? 80 : 8080}/` });
      assert.equal(answer?.said['pod'], 'open');
      assert.match(answer.said['caller'] ?? '', caller);
      const greeted = await mesh.pod(pod).do('callTcp', { host, port: 5432, line: 'hi' });
      assert.deepEqual(conversations(greeted), { 'welcome to open; open: hi; client': 1 });
    }
    // TLS of an application's own, which is not for its sidecar to accept.
    assert.equal(await mesh.pod('other').do('callTls', open, 8443), 'welcome to open');
    assert.equal(await mesh.pod('outsider').do('callTls', mesh.pod('open').ipv4, 8443), 'welcome to open');
    const undeclared = await mesh.pod('outsider').do('callTcp', { host: mesh.pod('open').ipv4, port: 7777 });
    assert.deepEqual(conversations(undeclared), { 'welcome to open; client': 1 });
  });

  describe('UDP', () => {
    test('is not intercepted, which is said of a UDPRoute that cannot be kept', async () => {
      const { ipv4: host } = mesh.pod('web-1');
      const grant = target('client-asks', { from: ['client'], to: 'web', rules: ['UDPRoute/names'] });
      await mesh.control.apply(grant);
      assert.deepEqual(mesh.control.problems, ['warning UnsupportedKind TrafficTarget/shop/client-asks']);
      const answers = await mesh.pod('outsider').do('callUdp', { host, port: 5353, messages: ['hi'], answers: 1 });
      assert.deepEqual(answers, ['web-1: hi']);
      await mesh.control.remove(grant);
    });

    test('reaches an explicit sidecar’s application from those it is granted, and from nobody else', async () => {
      const { ipv4: host } = mesh.pod('names');
      const intruder = mesh.pod('outsider');
      await intruder.do('callUdp', { host, port: 5353, messages: ['one', 'two'] });
      const asked = await mesh
        .pod('asker')
        .do('callUdp', { host: '127.0.0.1', port: 5300, messages: ['a', 'b'], answers: 2 });
      assert.deepEqual([...asked].sort(), ['names: a', 'names: b']);
      const heard = await mesh.pod('names').do('heardOnUdp', 5353);
      assert.deepEqual([...heard].sort(), ['a', 'b']);
    });
  });

  test('no Envoy has refused anything', () => {
    assert.deepEqual(mesh.control.faults, []);
  });
});
