/** Between two applications there are two Envoys. Neither application may notice, save for what it is told on purpose. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { LoopbackPods } from '../lib/loopback-pods.ts';
import { routeGroup, service, target } from '../lib/manifests.ts';
import { MeshInProcess } from '../lib/mesh-in-process.ts';
import { needs } from '../lib/requirements.ts';

const placePods = () =>
  LoopbackPods.place({
    client: { sidecar: 'explicit', serviceAccount: 'client' },
    web: { sidecar: 'explicit', serviceAccount: 'web', labels: { app: 'web' } },
  });
const objects = [
  service('web', { clusterIPs: ['10.96.0.10'], selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
  routeGroup('all', { name: 'all' }),
  target('web', { from: ['client'], to: 'web', rules: ['HTTPRouteGroup/all'] }),
];

interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: NodeJS.Dict<string>;
  readonly body: string;
}

const longValue = 'x'.repeat(100_000);
const manyHeaders = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-${index}`, String(index)]));

describe('an application behind its sidecar', needs('envoy'), () => {
  let pods: Awaited<ReturnType<typeof placePods>>;
  let mesh: MeshInProcess;
  let web: Server;
  let heard: Message | undefined;
  let answer: {
    readonly headers: Readonly<Record<string, string>>;
    readonly trailers: Readonly<Record<string, string>>;
  };

  const ask = async (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    trailers: Readonly<Record<string, string>> = {},
  ): Promise<Message & { readonly status: number | undefined }> => {
    const [host = '', port = ''] = pods.pod('client').proxy.split(':');
    const outgoing = request({
      host,
      port,
      method,
      path,
      headers: { host: 'web', ...headers },
      maxHeaderSize: 1 << 20,
    });
    if (Object.keys(trailers).length > 0) outgoing.addTrailers(trailers);
    outgoing.end(method === 'GET' ? undefined : 'question');
    const [response] = await once(outgoing, 'response');
    return { status: response.statusCode, ...(await read(response)) };
  };

  before(async () => {
    pods = await placePods();
    mesh = await MeshInProcess.open(pods.folder, '127.0.0.1', [...pods.manifests, ...objects]);
    web = createServer({ maxHeaderSize: 1 << 20, keepAliveTimeout: 0 }, async (incoming, response) => {
      heard = await read(incoming);
      response.writeHead(200, answer.headers);
      response.write('answer');
      response.addTrailers(answer.trailers);
      response.end();
    });
    // Protocols that HTTP/1.1 is only the beginning of: here, whatever it is, it is echoed.
    web.on('upgrade', (incoming, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${incoming.headers.upgrade}\r\n\r\n`,
      );
      socket.pipe(socket);
    });
    web.maxHeadersCount = 0;
    web.listen(8080, pods.pod('web').application);
    await once(web, 'listening');
    await pods.startSidecars((pod) => mesh.bootstrapOf(pod));
  });
  after(async () => {
    web.closeAllConnections();
    web.close();
    await mesh[Symbol.asyncDispose]();
    await pods[Symbol.asyncDispose]();
  });

  test('gets requests as they were sent, and is told who called and by which request', async () => {
    answer = { headers: {}, trailers: {} };
    const headers = {
      accept: '*/*',
      'content-type': 'text/plain',
      'user-agent': 'test',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-proto': 'https',
      'x-smi-envoy-denied': 'no',
    };
    const steering = { 'x-envoy-retry-on': '5xx', 'x-envoy-max-retries': '9', 'x-envoy-upstream-rq-timeout-ms': '1' };
    await ask('PUT', '/things/a%20b?q=%2F&r', { ...headers, ...steering, trailer: 'x-sum' }, { 'x-sum': '1' });
    const { 'x-request-id': id, 'x-forwarded-client-cert': caller, ...others } = heard?.headers ?? {};
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.match(String(caller), /URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/client$/);
    assert.deepEqual(others, {
      host: 'web',
      'transfer-encoding': 'chunked',
      trailer: 'x-sum',
      ...headers,
    });
    assert.deepEqual(
      { body: heard?.body, trailers: heard?.trailers },
      { body: 'question', trailers: { 'x-sum': '1' } },
    );
  });

  test('has its answers arrive as it gave them, but cannot speak for a sidecar', async () => {
    const headers = { server: 'mine', 'x-powered-by': 'me', trailer: 'x-sum', date: 'Thu, 01 Jan 1970 00:00:00 GMT' };
    answer = { headers: { ...headers, 'x-smi-envoy-denied': 'forged' }, trailers: { 'x-sum': '2' } };
    const { headers: received, body, trailers } = await ask('GET', '/', {});
    assert.deepEqual(received, { ...headers, 'transfer-encoding': 'chunked' });
    assert.deepEqual({ body, trailers }, { body: 'answer', trailers: { 'x-sum': '2' } });
  });

  test('meets its own limits first', async () => {
    answer = { headers: { 'x-long': longValue, ...manyHeaders }, trailers: {} };
    const { status, headers } = await ask('GET', `/?${longValue}`, { 'x-long': longValue, ...manyHeaders });
    assert.equal(status, 200);
    assert.equal(heard?.headers['x-long'], longValue);
    assert.equal(heard?.headers['x-499'], '499');
    assert.equal(headers['x-long'], longValue);
    assert.equal(headers['x-499'], '499');
  });

  test('may switch to a protocol of its own choice, if that is WebSocket', async () => {
    const [host = '', port = ''] = pods.pod('client').proxy.split(':');
    const outgoing = request({ host, port, headers: { host: 'web', connection: 'upgrade', upgrade: 'websocket' } });
    outgoing.end();
    const [, socket] = await once(outgoing, 'upgrade');
    socket.write('anything');
    assert.equal(String((await once(socket, 'data'))[0]), 'anything');
    socket.destroy();
  });

  test('answers HTTP/1.0', async () => {
    answer = { headers: {}, trailers: {} };
    const [host = '', port = ''] = pods.pod('client').proxy.split(':');
    const socket = connect(Number(port), host);
    socket.write('GET / HTTP/1.0\r\nhost: web\r\n\r\n');
    let received = '';
    for await (const chunk of socket) received += chunk;
    assert.match(received, /^HTTP\/1\.0 200 OK\r\n/);
    assert.match(received, /\r\n\r\nanswer$/);
  });
});

async function read(message: AsyncIterable<Buffer> & Pick<Message, 'headers' | 'trailers'>): Promise<Message> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const { headers, trailers } = message;
  return { headers, trailers, body: Buffer.concat(chunks).toString() };
}
