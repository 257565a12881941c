import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import type { ClusterState } from '../../cluster/cluster-state.ts';
import { formatDiagnostic } from '../../diagnostics/diagnostic.ts';
import { SourceRecorder } from '../../testing/source-recorder.ts';
import { DirectorySource } from './directory-source.ts';
import { readDirectory } from './read-directory.ts';

const cleanUps: (() => unknown)[] = [];

// In a suite of their own: hooks at the top of a file would run around the tests of every other file as well.
describe('a directory as a source', () => {
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  function directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'smi-envoy-'));
    cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  async function watched(path: string): Promise<SourceRecorder> {
    const source = new DirectorySource({ path });
    const recorder = new SourceRecorder();
    source.start(recorder);
    cleanUps.push(() => source.stop());
    await recorder.state('it was read', () => true);
    return recorder;
  }

  const account = (name: string, label = 'x') =>
    `---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n  labels: {app: ${label}}\n`;

  const accounts = (state: ClusterState) => [...state.ServiceAccount.keys()].sort();

  const has =
    (...names: string[]) =>
    (state: ClusterState) =>
      accounts(state).join() === names.map((name) => `default/${name}`).join();

  test('every layout of files and folders is read, and other files are not', () => {
    const root = directory();
    mkdirSync(join(root, 'deep', 'er'), { recursive: true });
    writeFileSync(join(root, 'a.yaml'), account('a') + account('b'));
    writeFileSync(join(root, 'deep', 'c.yml'), account('c'));
    writeFileSync(
      join(root, 'deep', 'er', 'd.json'),
      '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"d"}}]}',
    );
    for (const name of ['.hidden.yaml', '.a.yaml.swp', 'a.yaml~', '#a.yaml#', 'README.md', 'a.yaml.bak']) {
      writeFileSync(join(root, name), account('never'));
    }
    const state = readDirectory(root);
    assert.deepEqual(accounts(state), ['default/a', 'default/b', 'default/c', 'default/d']);
    assert.deepEqual(state.problems, []);
  });

  test('a single file can be read', () => {
    const file = join(directory(), 'a.yaml');
    writeFileSync(file, account('a'));
    assert.deepEqual(accounts(readDirectory(file)), ['default/a']);
  });

  test('reading once what does not exist is an error', () => {
    assert.throws(() => readDirectory(join(directory(), 'nowhere')), /no such file/);
  });

  test('of an object written in two files the first in path order counts, and the other is reported', () => {
    const root = directory();
    writeFileSync(join(root, 'b.yaml'), account('same', 'late'));
    writeFileSync(join(root, 'a.yaml'), account('other') + account('same', 'early'));
    const state = readDirectory(root);
    assert.equal([...state.ServiceAccount.values()][1]?.meta.labels['app'], 'early');
    assert.deepEqual(state.problems.map(formatDiagnostic), [
      `${root}/b.yaml:2: ServiceAccount default/same: is also written at ${root}/a.yaml:8, and that counts (DuplicateObject)`,
    ]);
  });

  test('directories that link to one another are read once each', () => {
    const root = directory();
    mkdirSync(join(root, 'sub'));
    symlinkSync('..', join(root, 'sub', 'up'));
    writeFileSync(join(root, 'sub', 'a.yaml'), account('a'));
    const state = readDirectory(root);
    assert.deepEqual(accounts(state), ['default/a']);
    assert.deepEqual(state.problems, []);
  });

  const saves: Record<string, (file: string, text: string) => void> = {
    'in place': (file, text) => writeFileSync(file, text),
    'by renaming another file over it': (file, text) => {
      writeFileSync(`${file}.tmp`, text);
      renameSync(`${file}.tmp`, file);
    },
    'as vim does, through a backup': (file, text) => {
      renameSync(file, `${file}~`);
      writeFileSync(file, text);
      rmSync(`${file}~`);
    },
    'by emptying it first': (file, text) => {
      truncateSync(file);
      writeFileSync(file, text);
    },
  };

  for (const [how, save] of Object.entries(saves)) {
    test(`a file saved ${how} is followed`, async () => {
      const root = directory();
      const file = join(root, 'a.yaml');
      writeFileSync(file, account('a') + account('b'));
      const recorder = await watched(root);
      save(file, account('a') + account('c'));
      await recorder.state('c is there', has('a', 'c'));
      assert.deepEqual(
        recorder.updates.slice(1).map(({ changes }) => changes.map(({ key, object }) => [key, object !== undefined])),
        [
          [
            ['default/b', false],
            ['default/c', true],
          ],
        ],
      );
      assert.equal(
        recorder.latest.ServiceAccount.get('default/a' as never),
        recorder.updates[0]?.state.ServiceAccount.get('default/a' as never),
        'an untouched object is the same object',
      );
    });
  }

  test('files and folders that appear, move and go are followed', async () => {
    const root = directory();
    const recorder = await watched(root);
    assert.deepEqual(accounts(recorder.latest), []);
    mkdirSync(join(root, 'x', 'y'), { recursive: true });
    writeFileSync(join(root, 'x', 'y', 'a.yaml'), account('a'));
    await recorder.state('a is there', has('a'));
    writeFileSync(join(root, 'x', 'y', 'b.yaml'), account('b'));
    await recorder.state('b is there', has('a', 'b'));
    renameSync(join(root, 'x'), join(root, 'z'));
    writeFileSync(join(root, 'z', 'y', 'c.yaml'), account('c'));
    await recorder.state('c is there', has('a', 'b', 'c'));
    rmSync(join(root, 'z', 'y'), { recursive: true });
    await recorder.state('all are gone', has());
    mkdirSync(join(root, 'z', 'y'));
    writeFileSync(join(root, 'z', 'y', 'd.yaml'), account('d'));
    await recorder.state('d is there', has('d'));
  });

  test('a mounted ConfigMap is followed when the kubelet swaps its data', async () => {
    const root = directory();
    const publish = (version: string, text: string) => {
      mkdirSync(join(root, `..${version}`));
      writeFileSync(join(root, `..${version}`, 'a.yaml'), text);
      symlinkSync(`..${version}`, join(root, '..data_tmp'));
      renameSync(join(root, '..data_tmp'), join(root, '..data'));
    };
    publish('1', account('a'));
    symlinkSync(join('..data', 'a.yaml'), join(root, 'a.yaml'));
    const recorder = await watched(root);
    assert.deepEqual(accounts(recorder.latest), ['default/a']);
    publish('2', account('b'));
    rmSync(join(root, '..1'), { recursive: true });
    await recorder.state('b is there', has('b'));
  });

  test('a file that a link leads to is followed where it really is', async () => {
    const [root, elsewhere] = [directory(), directory()];
    writeFileSync(join(elsewhere, 'real.yaml'), account('a'));
    symlinkSync(join(elsewhere, 'real.yaml'), join(root, 'link.yaml'));
    const recorder = await watched(root);
    writeFileSync(join(elsewhere, 'real.yaml'), account('b'));
    await recorder.state('b is there', has('b'));
  });

  test('a broken file is reported, keeps what it said, holds nothing else up, and is forgiven when repaired', async () => {
    const root = directory();
    writeFileSync(join(root, 'a.yaml'), account('a'));
    writeFileSync(join(root, 'b.yaml'), account('b'));
    const recorder = await watched(root);
    writeFileSync(join(root, 'a.yaml'), 'kind: ServiceAccount\n  metadata: [\n');
    const broken = await recorder.state('it is reported', ({ problems }) => problems.length > 0);
    assert.match(formatDiagnostic(broken.problems[0] as never), /a\.yaml:[12]: File .*\(InvalidYaml\)$/);
    assert.deepEqual(accounts(broken), ['default/a', 'default/b']);
    writeFileSync(join(root, 'b.yaml'), account('c'));
    const onwards = await recorder.state('c is there', has('a', 'c'));
    assert.equal(onwards.problems.length, 1);
    writeFileSync(join(root, 'a.yaml'), account('a'));
    await recorder.state('nothing is reported', ({ problems }) => problems.length === 0);
  });

  test('an object that moves out of a broken file is the one in the new file', async () => {
    const root = directory();
    writeFileSync(join(root, 'a.yaml'), account('a', 'old'));
    const recorder = await watched(root);
    writeFileSync(join(root, 'a.yaml'), 'kind: [');
    await recorder.state('it is reported', ({ problems }) => problems.length === 1);
    writeFileSync(join(root, 'b.yaml'), account('a', 'new'));
    const state = await recorder.state(
      'the new one counts',
      ({ ServiceAccount }) => [...ServiceAccount.values()][0]?.meta.labels['app'] === 'new',
    );
    assert.equal(state.problems.length, 1, 'only the broken file is reported, not a duplicate');
  });

  test('a directory that goes away leaves the mesh as it is, says so, and is followed again when it is back', async () => {
    const root = join(directory(), 'root');
    mkdirSync(root);
    writeFileSync(join(root, 'a.yaml'), account('a'));
    const recorder = await watched(root);
    rmSync(root, { recursive: true });
    const status = await recorder.statusOf('it is stale', ({ condition }) => condition === 'stale');
    assert.match(status.message, /no such file/);
    assert.deepEqual(accounts(recorder.latest), ['default/a']);
    mkdirSync(root);
    writeFileSync(join(root, 'b.yaml'), account('b'));
    await recorder.state('b is there', has('b'));
    assert.equal(recorder.statuses.at(-1)?.condition, 'live');
  });

  test('a directory that is not there yet is waited for, and nothing is served before', async () => {
    const root = join(directory(), 'root');
    const source = new DirectorySource({ path: root });
    const recorder = new SourceRecorder();
    source.start(recorder);
    cleanUps.push(() => source.stop());
    await recorder.statusOf('it is missed', ({ message }) => message !== '');
    assert.deepEqual(recorder.updates, []);
    mkdirSync(root);
    writeFileSync(join(root, 'a.yaml'), account('a'));
    await recorder.state('a is there', has('a'));
  });

  test('nothing is told when nothing of meaning changed', async () => {
    const root = directory();
    writeFileSync(join(root, 'a.yaml'), account('a'));
    const recorder = await watched(root);
    writeFileSync(join(root, 'a.yaml'), `# a word to the reader\n${account('a')}`);
    writeFileSync(join(root, 'b.yaml'), account('b'));
    await recorder.state('b is there', has('a', 'b'));
    assert.deepEqual(
      recorder.updates.slice(1).flatMap(({ changes }) => changes.map(({ key }) => key)),
      ['default/b'],
    );
  });
});
