import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifests } from './manifest.ts';

const split = `# who gets what
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata:
  name: reviews
  annotations:
    smi-envoy.io/mode: audit
spec:
  service: reviews
  backends:
    - service: reviews-v1
      weight: 90
    - service: reviews-v2
      weight:
        10
`;

const lines: Record<string, readonly [field: string, line: number]> = {
  'the object itself': ['', 2],
  'a field': ['spec.service', 9],
  'a field of a list’s element': ['spec.backends[1].weight', 14],
  'an element of a list': ['spec.backends[1]', 13],
  'a key with dots and slashes': ['metadata.annotations["smi-envoy.io/mode"]', 7],
  'a field that is missing is where its map is': ['spec.backends[0].name', 11],
  'an element that is missing is where its list is': ['spec.backends[7]', 10],
};

for (const [name, [field, line]] of Object.entries(lines)) {
  test(`the line of ${name}`, () => {
    const [manifest] = parseManifests(split).manifests;
    assert.equal(manifest?.lineOf(field), line);
  });
}

test('documents are told apart, and empty ones are nothing', () => {
  const { manifests, problems } = parseManifests('---\n# nothing\n---\nkind: A\n---\n---\nkind: B\n...\n');
  assert.deepEqual(
    manifests.map(({ value, lineOf }) => [value, lineOf('kind')]),
    [
      [{ kind: 'A' }, 4],
      [{ kind: 'B' }, 7],
    ],
  );
  assert.deepEqual(problems, []);
});

test('an empty file has no documents and no problems', () => {
  assert.deepEqual(parseManifests(''), { manifests: [], problems: [] });
});

test('the items of a list are objects of their own, with lines of their own', () => {
  const { manifests } = parseManifests('kind: List\napiVersion: v1\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 2\n');
  assert.deepEqual(
    manifests.map(({ value, lineOf }) => [value, lineOf(''), lineOf('x')]),
    [
      [{ kind: 'A', x: 1 }, 4, 5],
      [{ kind: 'B', x: 2 }, 6, 7],
    ],
  );
});

test('the items of a typed list have the kind and version of the list', () => {
  const { manifests } = parseManifests(
    '{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}]}',
  );
  assert.deepEqual(manifests[0]?.value, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } });
});

test('JSON with tabs is read, and a byte order mark is no character', () => {
  const { manifests } = parseManifests('\ufeff{\n\t"kind": "A",\n\t"spec": {\n\t\t"x": [1,\n2]\n\t}\n}\n');
  assert.deepEqual(manifests[0]?.value, { kind: 'A', spec: { x: [1, 2] } });
  assert.equal(manifests[0]?.lineOf('spec.x[1]'), 5);
});

test('anchors, aliases and merge keys are resolved, and lines lead into what they stand for', () => {
  const { manifests } = parseManifests('a: &a\n  x: 1\nb: *a\nc:\n  <<: *a\n  y: 2\n');
  assert.deepEqual(manifests[0]?.value, { a: { x: 1 }, b: { x: 1 }, c: { x: 1, y: 2 } });
  assert.equal(manifests[0]?.lineOf('b.x'), 2);
});

const broken: Record<string, readonly [text: string, line: number]> = {
  'a key written twice': ['a: 1\nb: 2\na: 3\n', 3],
  'an indentation that fits nothing': ['a:\n    b: 1\n  c: 2\n', 3],
  'an unknown alias': ['x: 0\n---\na: *nobody\n', 3],
  'a text that does not end': ['a: 1\n---\nb: "text\n', 4],
};

for (const [name, [text, line]] of Object.entries(broken)) {
  test(`${name} is reported with its line`, () => {
    const { problems } = parseManifests(text);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.line, line);
    assert.match(problems[0]?.message ?? '', /^\S.*\S$/);
  });
}

test('a broken document leaves the others as they are', () => {
  const { manifests, problems } = parseManifests('kind: A\n---\nkind: [B\nx: 1\n---\nkind: C\n');
  assert.deepEqual(
    manifests.map(({ value }) => value),
    [{ kind: 'A' }, { kind: 'C' }],
  );
  assert.equal(problems.length, 1);
});

test('aliases that would grow without measure are refused', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let i = 0; i < 8; i++) {
    const [from, to] = [String.fromCharCode(97 + i), String.fromCharCode(98 + i)];
    bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(',')}]`);
  }
  const { manifests, problems } = parseManifests(bomb.join('\n'));
  assert.equal(manifests.length, 0);
  assert.match(problems[0]?.message ?? '', /alias/);
});
