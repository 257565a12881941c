import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { createRoot } from './certificate-authority.ts';
import { loadOrCreateRoot, readRoot } from './root-file.ts';

const create = () => createRoot('cluster.local', new ManualClock());

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'smi-envoy-root-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('the root is made once and found again', async (t) => {
  const directory = join(temporaryDirectory(t), 'state');
  const made = await loadOrCreateRoot(directory, create);
  const found = await loadOrCreateRoot(directory, () => assert.fail('there is one already'));
  assert.equal(found.certificate, made.certificate);
  assert.equal(found.privateKey.reveal(), made.privateKey.reveal());
  assert.deepEqual(readdirSync(directory), ['root.pem']);
  assert.equal(statSync(join(directory, 'root.pem')).mode & 0o777, 0o600);
});

test('several that start at once end up with the same root', async (t) => {
  const directory = temporaryDirectory(t);
  const roots = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateRoot(directory, create)));
  assert.equal(new Set(roots.map((root) => root.certificate)).size, 1);
  assert.equal(new Set(roots.map((root) => root.privateKey.reveal())).size, 1);
  assert.deepEqual(readdirSync(directory), ['root.pem']);
});

test('a file without a key is never replaced, but named', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'root.pem'), 'not a key');
  await assert.rejects(loadOrCreateRoot(directory, create), /root\.pem has no PEM block "CERTIFICATE"/);
});

test('a root of the operator is read from two files', async (t) => {
  const directory = temporaryDirectory(t);
  const root = await create();
  const [certificate, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
  writeFileSync(certificate, `Subject: us\n${root.certificate}`);
  writeFileSync(key, root.privateKey.reveal());
  const read = await readRoot(certificate, key);
  assert.equal(read.certificate, root.certificate);
  assert.equal(read.privateKey.reveal(), root.privateKey.reveal());
});
