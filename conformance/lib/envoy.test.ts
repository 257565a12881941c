import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Envoy, envoyVerdict } from './envoy.ts';
import { needs } from './requirements.ts';
import { makeScratch } from './scratch.ts';

const admin = { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } };

const hello = {
  name: 'hello',
  address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
  filter_chains: [
    {
      filters: [
        {
          name: 'direct',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config',
            response: { inline_string: 'hello' },
          },
        },
      ],
    },
  ],
};

test('an Envoy starts, is asked, and stops', needs('envoy'), async () => {
  using scratch = makeScratch('envoy-test');
  const bootstrap = { admin, static_resources: { listeners: [hello] } };
  await using envoy = await Envoy.start({ bootstrap, folder: scratch.folder });
  assert.equal((await envoy.admin('/ready')).body.trim(), 'LIVE');
  assert.ok((await envoy.listenerAddress('hello')).port > 0);
  assert.equal(
    (await envoy.stats('listener_manager.total_listeners_active')).get('listener_manager.total_listeners_active'),
    1,
  );
  await envoy.stop();
  assert.match(await envoy.daemon.ended, /^ended/);
});

test('an Envoy that refuses its configuration is reported with its own words', needs('envoy'), async () => {
  using scratch = makeScratch('envoy-test');
  const start = Envoy.start({
    bootstrap: { admin, static_resources: { listeners: [{ name: 'x' }] } },
    folder: scratch.folder,
  });
  await assert.rejects(start, /ended with exit code 1[\s\S]*Address/i);
});

test('the verdict on a configuration is undefined or the reason', needs('envoy'), async () => {
  assert.equal(await envoyVerdict({ admin, static_resources: { listeners: [hello] } }), undefined);
  const refused = await envoyVerdict({ admin, static_resources: { clusters: [{ name: '' }] } });
  assert.match(refused ?? '', /value length must be at least 1 characters/);
});
