/**
 * How the example's workloads call each other through their sidecars. Every call is reported as one line of JSON on
 * standard output: whom it was meant for, what came back, from which pod, and how long it took.
 *
 * A parent that started the program with an IPC channel says when traffic begins and may order calls of its own
 * (`npm start` does both). Without a parent, traffic begins at once.
 */
import { Agent, request } from 'node:http';
import { connect } from 'node:net';

const patienceMs = 5_000;
const sidecar = process.env.HTTP_PROXY === undefined ? undefined : new URL(process.env.HTTP_PROXY);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/**
 * An HTTP request, sent to the sidecar as to any HTTP proxy.
 * @param {{ method?: string, url: string, headers?: Record<string, string> }} call
 */
export async function callHttp({ method = 'GET', url, headers = {} }) {
  const { host, hostname, pathname } = new URL(url);
  const facts = { protocol: 'http', to: hostname.split('.')[0], authority: host, method, path: pathname, headers };
  return timed(facts, async (signal) => {
    const { promise, resolve, reject } = Promise.withResolvers();
    const proxied = { host: sidecar.hostname, port: sidecar.port, path: url, method, headers: { ...headers, host } };
    request({ ...proxied, agent, signal }, resolve)
      .on('error', reject)
      .end();
    const response = await promise;
    const body = await new Response(response).text();
    const denied = response.headers['x-smi-envoy-denied'];
    return {
      status: response.statusCode,
      ...(response.headers['x-pod'] === undefined ? {} : { by: response.headers['x-pod'] }),
      ...(denied === undefined ? {} : { denied }),
      ...(response.statusCode < 400 ? {} : { error: body.slice(0, 200) }),
    };
  });
}

/**
 * One line to a server that greets first, through a local port that the sidecar leads to that server.
 * @param {{ to: string, address: string, line: string }} call
 */
export async function callTcp({ to, address, line }) {
  return timed({ protocol: 'tcp', to: to.split('.')[0], authority: to }, async (signal) => {
    const [host, port] = address.split(':');
    const socket = connect({ host, port: Number(port), signal }).setEncoding('utf8');
    let received = '';
    let greeted = false;
    try {
      for await (const chunk of socket) {
        received += chunk;
        if (!greeted && received.includes('\n')) {
          greeted = true;
          socket.write(`${line}\n`);
        }
        if (received.split('\n').length > 2) break;
      }
    } finally {
      socket.destroy();
    }
    if (received === '') return { error: 'closed before a byte was received' };
    const [greeting, answer] = received.split('\n');
    return answer ? { by: greeting.split(' ').at(-1), answer } : { error: `closed after “${greeting}”` };
  });
}

async function timed(facts, call) {
  const start = performance.now();
  try {
    return { ...facts, ...(await call(AbortSignal.timeout(patienceMs))), ms: performance.now() - start };
  } catch (error) {
    return { ...facts, error: error.code ?? error.message, ms: performance.now() - start };
  }
}

/** Reports a call that was made because somebody called us. */
export async function reported(name, call) {
  const report = { call: name, ...(await call) };
  console.log(JSON.stringify(report));
  return report;
}

/**
 * Makes each call again and again, `perSecond` times a second; calls without it are made only when the parent orders.
 * @param {Record<string, { perSecond?: number, call: () => Promise<object> }>} calls
 */
export function keepCalling(calls) {
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    for (const [name, { perSecond, call }] of Object.entries(calls)) {
      if (perSecond !== undefined) setInterval(() => reported(name, call()), 1000 / perSecond);
    }
  };
  if (process.send === undefined) return begin();
  process.send({ ready: true });
  process.on('message', async (order) => {
    if (order.traffic === 'begin') return begin();
    const reports = [];
    const left = { times: order.times };
    const inTurn = async () => {
      while (left.times-- > 0) reports.push(await reported(order.call, calls[order.call].call()));
    };
    await Promise.all(Array.from({ length: order.atOnce }, inTurn));
    process.send({ order: order.id, reports });
  });
}
