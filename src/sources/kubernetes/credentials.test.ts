import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kubeConfigCredentials } from './credentials.ts';

let folder: string;
let kubeconfig: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'smi-envoy-'));
  kubeconfig = join(folder, 'config');
  const plugin = join(folder, 'plugin');
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'run' },
  };
  writeFileSync(plugin, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
  chmodSync(plugin, 0o755);
  writeFileSync(join(folder, 'ca.crt'), 'the authority');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'near', cluster: { server: 'https://near:6443/', 'certificate-authority': 'ca.crt' } },
        {
          name: 'far',
          cluster: { server: 'https://far', 'proxy-url': 'http://proxy:3128', 'tls-server-name': 'other' },
        },
      ],
      users: [
        { name: 'token', user: { token: 'abc' } },
        {
          name: 'certificate',
          user: { 'client-certificate-data': base64('me'), 'client-key-data': base64('secret') },
        },
        {
          name: 'plugin',
          user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' } },
        },
        {
          name: 'broken',
          user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'nothing') } },
        },
      ],
      contexts: [
        { name: 'token', context: { cluster: 'near', user: 'token' } },
        { name: 'certificate', context: { cluster: 'far', user: 'certificate' } },
        { name: 'plugin', context: { cluster: 'near', user: 'plugin' } },
        { name: 'broken', context: { cluster: 'near', user: 'broken' } },
      ],
      'current-context': 'token',
    }),
  );
});

after(() => rmSync(folder, { recursive: true }));

test('a token, and an authority in a file beside the kubeconfig', async () => {
  assert.deepEqual(await kubeConfigCredentials({ kubeconfig })(), {
    server: 'https://near:6443',
    headers: { Authorization: 'Bearer abc' },
    ca: 'the authority',
  });
});

test('a client certificate, a proxy and another server name, in a context that is not the current one', async () => {
  assert.deepEqual(await kubeConfigCredentials({ kubeconfig, context: 'certificate' })(), {
    server: 'https://far',
    headers: {},
    cert: 'me',
    key: 'secret',
    servername: 'other',
    proxyUrl: 'http://proxy:3128',
  });
});

test('a login program', async () => {
  const { headers } = await kubeConfigCredentials({ kubeconfig, context: 'plugin' })();
  assert.deepEqual(headers, { Authorization: 'Bearer run' });
});

const failures: Record<string, readonly [options: () => Parameters<typeof kubeConfigCredentials>[0], words: RegExp]> = {
  'a file that is not there': [() => ({ kubeconfig: join(folder, 'nowhere') }), /no such file.*nowhere/],
  'a context that is not there': [() => ({ kubeconfig, context: 'x' }), /the kubeconfig has no context "x"/],
  'a login program that is not there': [() => ({ kubeconfig, context: 'broken' }), /nothing ENOENT/],
};

for (const [what, [options, words]] of Object.entries(failures)) {
  test(`${what} is an error that says so`, async () => {
    await assert.rejects(kubeConfigCredentials(options())(), words);
  });
}
