import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDiagnostic } from '../../diagnostics/diagnostic.ts';
import { emptyFile, type FileContent, readManifestFile } from './file-content.ts';

const account = (name: string) => `---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n`;

const service = (port: string) => `---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - name: http
    port: ${port}
`;

const keys = (objects: FileContent['said']) => objects.map(({ change }) => `${change.kind} ${change.key}`);

const readings: Record<
  string,
  {
    readonly before: string;
    readonly after: string;
    readonly said: readonly string[];
    readonly kept: readonly string[];
    readonly problems: readonly string[];
  }
> = {
  'an object that is taken out is gone': {
    before: account('a') + account('b'),
    after: account('b'),
    said: ['ServiceAccount default/b'],
    kept: [],
    problems: [],
  },
  'a file that is emptied says nothing any more': {
    before: account('a'),
    after: '# nothing left\n',
    said: [],
    kept: [],
    problems: [],
  },
  'an object that is not understood any more stays as it was, the others follow the file': {
    before: account('a') + service('80'),
    after: account('b') + service('eighty'),
    said: ['ServiceAccount default/b'],
    kept: ['Service default/web'],
    problems: ['f.yaml:14: Service default/web: spec.ports[0].port: must be a whole number (InvalidObject)'],
  },
  'a document that is not well-formed keeps whatever the file no longer says': {
    before: account('a') + account('b') + account('c'),
    after: `${account('a')}---\nkind: [\n${account('c')}`,
    said: ['ServiceAccount default/a', 'ServiceAccount default/c'],
    kept: ['ServiceAccount default/b'],
    problems: [
      'f.yaml:8: File f.yaml: Flow sequence in block collection must be sufficiently indented and end with a ] (InvalidYaml)',
    ],
  },
  'an object that lost its name keeps whatever the file no longer says': {
    before: account('a'),
    after: 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {}\n',
    said: [],
    kept: ['ServiceAccount default/a'],
    problems: ['f.yaml:3: ServiceAccount without a name: metadata.name: is required: a string (InvalidObject)'],
  },
  'kinds that are not read are passed over': {
    before: '',
    after: 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n',
    said: [],
    kept: [],
    problems: [],
  },
};

for (const [name, { before, after, said, kept, problems }] of Object.entries(readings)) {
  test(name, () => {
    const first = readManifestFile('f.yaml', before, emptyFile);
    assert.deepEqual(first.problems, []);
    const second = readManifestFile('f.yaml', after, first);
    assert.deepEqual(keys(second.said), said);
    assert.deepEqual(keys(second.kept), kept);
    assert.deepEqual(second.problems.map(formatDiagnostic), problems);
  });
}

test('a map that was never meant for Kubernetes is only a warning', () => {
  const { problems } = readManifestFile('values.yaml', '# of a chart\nreplicas: 3\n', emptyFile);
  assert.deepEqual(
    problems.map((problem) => [problem.severity, problem.location]),
    [['warning', 'values.yaml:2']],
  );
});

test('what was kept through one broken state is kept through the next', () => {
  const good = readManifestFile('f.yaml', account('a'), emptyFile);
  const broken = readManifestFile('f.yaml', 'kind: [\n', good);
  const stillBroken = readManifestFile('f.yaml', 'kind: {\n', broken);
  assert.deepEqual(keys(stillBroken.kept), ['ServiceAccount default/a']);
});

test('repairing a file takes its problems back and lets go of what it does not say', () => {
  const good = readManifestFile('f.yaml', account('a') + account('b'), emptyFile);
  const broken = readManifestFile('f.yaml', 'kind: [\n', good);
  const repaired = readManifestFile('f.yaml', account('b'), broken);
  assert.deepEqual(keys(repaired.said), ['ServiceAccount default/b']);
  assert.deepEqual([repaired.kept, repaired.problems], [[], []]);
});

test('an object that says the same as before is the same object', () => {
  const first = readManifestFile('f.yaml', account('a') + service('80'), emptyFile);
  const second = readManifestFile('f.yaml', account('a') + service('81'), first);
  assert.equal(second.said[0]?.change, first.said[0]?.change);
  assert.notEqual(second.said[1]?.change, first.said[1]?.change);
});
