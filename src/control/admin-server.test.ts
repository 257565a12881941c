import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AdminServer, json, text } from './admin-server.ts';

async function start(t: TestContext) {
  const errors: string[] = [];
  const server = new AdminServer(
    {
      '/map': { title: 'a map & a <set>', answer: () => json(new Map([['a', new Set([1, 2])]])) },
      '/things/': { answer: (query, rest) => text(`${rest} ${query.get('q')}`) },
      '/broken': {
        answer: () => {
          throw new Error('oh');
        },
      },
    },
    (path, error) => errors.push(`${path} ${error}`),
  );
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.stop());
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://${host}:${port}${path}`, init);
    return [response.status, await response.text()] as const;
  };
  return { ask, errors };
}

test('pages answer by path, and the index lists those with a title', async (t) => {
  const { ask } = await start(t);
  assert.deepEqual(await ask('/map'), [200, '{\n  "a": [\n    1,\n    2\n  ]\n}\n']);
  assert.deepEqual(await ask('/things/shop%2Fweb-1?q=x'), [200, 'shop/web-1 x\n']);
  assert.deepEqual(await ask('/things/%ff'), [400, 'The path is not well encoded.\n']);
  assert.deepEqual(await ask('/nothing'), [404, 'There is no such page; / lists them all.\n']);
  const [, index] = await ask('/');
  assert.match(index, /<a href="\/map">\/map<\/a><\/td><td>a map &amp; a &lt;set>/);
  assert.doesNotMatch(index, /things/);
});

test('nothing can be changed', async (t) => {
  const { ask } = await start(t);
  assert.deepEqual((await ask('/map', { method: 'POST' }))[0], 405);
});

test('a mistake on a page is reported, and not shown', async (t) => {
  const { ask, errors } = await start(t);
  assert.deepEqual(await ask('/broken'), [500, 'Something went wrong in smi-envoy; its log says what.\n']);
  assert.deepEqual(errors, ['/broken Error: oh']);
});
