import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ManualClock } from '../../testing/manual-clock.ts';
import { ScriptedApiServer, type ScriptedRequest } from '../../testing/scripted-api-server.ts';
import { ApiClient } from './api-client.ts';
import { Reflector, type ReflectorSink } from './reflector.ts';

let server: ScriptedApiServer;
let clock: ManualClock;
let reflector: Reflector;
let told: string[];
let listener: (() => void) | undefined;
let logins: number;

const tell = (line: string) => {
  told.push(line);
  listener?.();
};

const sink: ReflectorSink = {
  put: (key, { metadata }) => tell(`put ${key}@${metadata.resourceVersion}`),
  remove: (key) => tell(`remove ${key}`),
  live: () => tell('live'),
  failing: ({ message }) => tell(`failing: ${message}`),
};

// In a suite of their own: hooks at the top of a file would run around the tests of every other file as well.
describe('reflecting the objects of a server', () => {
  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    clock = new ManualClock();
    told = [];
    logins = 0;
    const credentials = async () => ({ server: server.url, headers: { Authorization: `Bearer ${++logins}` } });
    const client = new ApiClient(credentials, clock);
    // A random number of 1 makes every wait as long as it can be, and every watch ten minutes.
    reflector = new Reflector('/api/v1/pods', sink, { client, clock, random: () => 1 });
  });

  afterEach(async () => {
    await reflector.stop();
    await server.stop();
  });

  /** Waits until the reflector has told so many things since the start, and gives them. */
  const tells = (count: number) =>
    new Promise<readonly string[]>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`told only ${JSON.stringify(told)}`)), 10_000);
      listener = () => {
        if (told.length < count) return;
        listener = undefined;
        clearTimeout(timer);
        resolve(told);
      };
      listener();
    });

  const pod = (name: string, resourceVersion: string) => ({ metadata: { namespace: 'ns', name, resourceVersion } });
  const added = (name: string, version: string) => ({ type: 'ADDED', object: pod(name, version) });
  const bookmark = (resourceVersion: string) => ({ type: 'BOOKMARK', object: { metadata: { resourceVersion } } });
  const listed = (resourceVersion: string) => ({
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
  const expired = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } };

  /** Brings the reflector to where it follows changes after having read `a` and `b`. */
  async function following(): Promise<ScriptedRequest> {
    reflector.start();
    const request = await server.next();
    request.open(added('a', '1'), added('b', '2'), listed('5'));
    await tells(3);
    told.length = 0;
    return request;
  }

  test('the list is asked for as the beginning of a watch, and is not complete before the server says so', async () => {
    reflector.start();
    const request = await server.next();
    assert.equal(request.path, '/api/v1/pods');
    assert.deepEqual(request.query, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '600',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
    });
    request.open(added('a', '1'), bookmark('3'), added('b', '2'));
    assert.deepEqual(await tells(2), ['put ns/a@1', 'put ns/b@2']);
    request.send(listed('5'));
    assert.deepEqual(await tells(3), ['put ns/a@1', 'put ns/b@2', 'live']);
  });

  test('changes are followed on the same connection', async () => {
    const request = await following();
    request.send(
      { type: 'MODIFIED', object: pod('a', '6') },
      { type: 'DELETED', object: pod('b', '7') },
      added('c', '8'),
      { type: 'SOMETHING_NEW', object: pod('d', '9') },
    );
    assert.deepEqual(await tells(3), ['put ns/a@6', 'remove ns/b', 'put ns/c@8']);
  });

  test('a server that has no streaming lists is asked for pages', async () => {
    reflector.start();
    (await server.next()).refuse(422, 'Invalid');
    const first = await server.next();
    assert.deepEqual(first.query, { limit: '500' });
    first.answer(200, { kind: 'PodList', metadata: { resourceVersion: '5', continue: 'x' }, items: [pod('a', '1')] });
    const second = await server.next();
    assert.deepEqual(second.query, { limit: '500', continue: 'x' });
    second.answer(200, { kind: 'PodList', metadata: { resourceVersion: '5' }, items: [pod('b', '2')] });
    const watch = await server.next();
    assert.deepEqual(watch.query, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '600',
      resourceVersion: '5',
    });
    assert.deepEqual(await tells(3), ['put ns/a@1', 'put ns/b@2', 'live']);
  });

  test('a watch that ends is continued where it ended, bookmarks included, and nobody is alarmed', async () => {
    const request = await following();
    request.send(bookmark('20'));
    clock.advance(10_000);
    request.end();
    const next = await server.next();
    assert.equal(next.query['resourceVersion'], '20');
    assert.equal(next.query['sendInitialEvents'], undefined);
    next.open(added('c', '21'));
    assert.deepEqual(await tells(2), ['live', 'put ns/c@21']);
  });

  for (const [how, expire] of Object.entries({
    'in the stream': (request: ScriptedRequest) => request.open(expired),
    'as the answer': (request: ScriptedRequest) => request.refuse(410, 'Expired'),
  })) {
    test(`a history that is gone, said ${how}, is made up for by exactly one list, which is compared`, async () => {
      const request = await following();
      clock.advance(10_000);
      request.end();
      expire(await server.next());
      const list = await server.next();
      assert.equal(list.query['sendInitialEvents'], 'true');
      told.length = 0;
      list.open(added('b', '2'), added('c', '30'));
      assert.deepEqual(await tells(1), ['put ns/c@30'], 'b is as it was; a may still come');
      list.send(listed('31'));
      assert.deepEqual(await tells(3), ['put ns/c@30', 'remove ns/a', 'live']);
      list.send(added('d', '32'));
      assert.deepEqual(await tells(4), ['put ns/c@30', 'remove ns/a', 'live', 'put ns/d@32']);
      server.assertQuiet();
    });
  }

  test('a server whose history is always gone is not asked in a hot loop', async () => {
    (await following()).send(expired);
    const waits: (number | undefined)[] = [];
    for (let i = 1; i <= 4; i++) {
      (await server.next()).open(added('a', '1'), added('b', '2'), listed('40'), expired);
      assert.deepEqual((await tells(2 * i)).slice(-2), ['live', 'failing: too old']);
      waits.push(clock.untilNext);
      clock.advance(clock.untilNext ?? 0);
    }
    assert.deepEqual(waits, [200, 400, 800, 1600]);
  });

  test('a list that breaks off removes nothing and is begun again', async () => {
    const request = await following();
    clock.advance(10_000);
    request.send(expired);
    const half = await server.next();
    half.open(added('b', '2'));
    half.cut();
    assert.deepEqual(await tells(1), ['failing: the connection was lost']);
    clock.advance(400);
    const whole = await server.next();
    whole.open(added('a', '1'), added('b', '2'), listed('50'));
    assert.deepEqual(await tells(2), ['failing: the connection was lost', 'live']);
  });

  test('a server that is too busy is left alone for as long as it asks', async () => {
    reflector.start();
    (await server.next()).refuse(429, 'TooManyRequests', { 'Retry-After': '7' });
    assert.deepEqual(await tells(1), ['failing: refused: TooManyRequests']);
    assert.equal(clock.untilNext, 7_000);
  });

  test('failures are retried after ever longer waits, up to a limit, and success is forgotten by none', async () => {
    reflector.start();
    const waits: (number | undefined)[] = [];
    for (let i = 1; i <= 9; i++) {
      (await server.next()).refuse(500, 'InternalError');
      await tells(i);
      waits.push(clock.untilNext);
      clock.advance(clock.untilNext ?? 0);
    }
    assert.deepEqual(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
  });

  test('who may not read is told so, and asks again less often', async () => {
    reflector.start();
    (await server.next()).refuse(403, 'Forbidden');
    assert.deepEqual(await tells(1), ['failing: refused: Forbidden']);
    assert.equal(clock.untilNext, 5_000);
  });

  test('a connection that has gone silent without bookmarks is given until the watch should have ended', async () => {
    const request = await following();
    clock.advance(10_000);
    request.end();
    const silent = await server.next();
    silent.open(added('c', '9'));
    await tells(2);
    clock.advance(614_999);
    server.assertQuiet();
    clock.advance(1);
    assert.equal((await tells(3))[2], 'failing: nothing was heard for 615 s');
    clock.advance(200);
    assert.equal((await server.next()).query['resourceVersion'], '9');
  });

  test('a connection that has gone silent although bookmarks used to come is given up sooner', async () => {
    const request = await following();
    request.send(bookmark('20'), added('c', '21'));
    await tells(1);
    clock.advance(150_000);
    assert.deepEqual(await tells(2), ['put ns/c@21', 'failing: nothing was heard for 150 s']);
    await request.closed;
    clock.advance(200);
    const next = await server.next();
    assert.equal(next.query['resourceVersion'], '21');
    next.open();
    assert.equal((await tells(3))[2], 'live');
  });

  test('a server that does not answer at all is given up', async () => {
    reflector.start();
    await server.next();
    clock.advance(30_000);
    assert.deepEqual(await tells(1), ['failing: the API server did not answer within 30 s']);
  });

  for (const [what, garbage] of Object.entries({
    'a line that is no JSON': '{"type": "ADDED", "obj\n',
    'a line that is no event': '[1, 2]\n',
    'an event without a version': '{"type": "ADDED", "object": {"metadata": {"name": "x"}}}\n',
    'half a line before the connection breaks':
      '{"type": "DELETED", "object": {"metadata": {"namespace": "ns", "name": "a"',
  })) {
    test(`${what} is not believed, and what came before it is`, async () => {
      const request = await following();
      request.send(added('c', '9'));
      await tells(1);
      request.raw(garbage);
      if (!garbage.endsWith('\n')) request.cut();
      const [put, failing] = await tells(2);
      assert.equal(put, 'put ns/c@9');
      assert.match(failing ?? '', /^failing: /);
      clock.advance(200);
      assert.equal((await server.next()).query['resourceVersion'], '9');
    });
  }

  test('a server that ends every watch at once is not asked in a hot loop', async () => {
    (await following()).end();
    await tells(1);
    const waits: (number | undefined)[] = [clock.untilNext];
    for (let i = 1; i <= 3; i++) {
      clock.advance(clock.untilNext ?? 0);
      const request = await server.next();
      request.open();
      request.end();
      assert.deepEqual((await tells(1 + 2 * i)).slice(-2), ['live', 'failing: the API server ended the watch at once']);
      waits.push(clock.untilNext);
    }
    assert.deepEqual(waits, [200, 400, 800, 1600]);
  });

  test('after a change came through, the next failure is a first failure again', async () => {
    (await following()).cut();
    for (let i = 1; i <= 3; i++) {
      await tells(3 * i - 2);
      assert.equal(clock.untilNext, 200);
      clock.advance(200);
      const request = await server.next();
      request.open(added('c', String(10 + i)));
      await tells(3 * i);
      request.cut();
    }
  });

  test('credentials that have expired are renewed once, and the request is repeated', async () => {
    reflector.start();
    const refused = await server.next();
    assert.equal(refused.headers.authorization, 'Bearer 1');
    refused.refuse(401, 'Unauthorized');
    const repeated = await server.next();
    assert.equal(repeated.headers.authorization, 'Bearer 2');
    repeated.refuse(401, 'Unauthorized');
    assert.deepEqual(await tells(1), ['failing: refused: Unauthorized']);
    assert.equal(clock.untilNext, 5_000);
  });

  test('characters that arrive in pieces are put together', async () => {
    const request = await following();
    const line = Buffer.from(`${JSON.stringify(added('grün', '9'))}\n`);
    const half = line.indexOf('ü') + 1;
    request.raw(line.subarray(0, half));
    await new Promise(setImmediate);
    request.raw(line.subarray(half));
    assert.deepEqual(await tells(1), ['put ns/grün@9']);
  });

  test('from another path all objects are put anew, and those that are not there are removed', async () => {
    const request = await following();
    reflector.follow('/api/v2/pods', sink);
    await request.closed;
    const list = await server.next();
    assert.equal(list.path, '/api/v2/pods');
    assert.equal(list.query['sendInitialEvents'], 'true');
    list.open(added('a', '1'), listed('9'));
    assert.deepEqual(await tells(3), ['put ns/a@1', 'remove ns/b', 'live']);
  });

  test('an impatient caller can end a wait', async () => {
    reflector.start();
    (await server.next()).refuse(500, 'InternalError');
    await tells(1);
    reflector.retryNow();
    await server.next();
    assert.equal(clock.untilNext, 30_000, 'only the time for an answer runs');
  });

  test('when it is stopped it tells nothing more, and no connection and no timer is left', async () => {
    const request = await following();
    const stopped = reflector.stop();
    request.send(added('c', '9'));
    await stopped;
    await request.closed;
    assert.deepEqual(told, []);
    assert.equal(clock.untilNext, undefined);
    server.assertQuiet();
  });
});
