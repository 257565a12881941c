import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { exclusively, filled } from './cache.ts';

describe('the cache', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smi-envoy-cache-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('what is in the cache is not made again', async () => {
    let made = 0;
    const make = async (into: string) => writeFileSync(join(into, 'file'), String(++made));
    const first = await filled(join(folder, 'thing'), make);
    assert.equal(await filled(join(folder, 'thing'), make), first);
    assert.equal(made, 1);
    assert.deepEqual(readdirSync(first), ['file']);
  });

  test('those who ask at the same time wait for the first', async () => {
    let made = 0;
    const make = async (into: string) => writeFileSync(join(into, 'file'), String(++made));
    await Promise.all([1, 2, 3].map(() => filled(join(folder, 'thing'), make)));
    assert.equal(made, 1);
  });

  test('a failure leaves nothing behind', async () => {
    const make = async (into: string) => {
      writeFileSync(join(into, 'half'), '');
      throw new Error('no network');
    };
    await assert.rejects(filled(join(folder, 'thing'), make), /no network/);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('the lock of a process that is gone is taken over', async () => {
    const lock = join(folder, 'lock');
    // No process has this number: the kernel's largest is 2^22.
    writeFileSync(lock, String(2 ** 22 + 1));
    assert.equal(await exclusively(lock, async () => existsSync(lock)), true);
    assert.equal(existsSync(lock), false);
  });
});
