import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

/**
 * Who may import whom. A room is a folder of src/; `packages` are what it may import from outside (`node:` included).
 * A folder without a row fails: decide where it stands before filling it.
 */
const house: Record<string, { readonly rooms: readonly string[]; readonly packages: readonly string[] }> = {
  lib: { rooms: [], packages: ['node:crypto', 'node:util', 'node:timers'] },
  objects: { rooms: ['lib'], packages: ['zod'] },
  diagnostics: { rooms: ['lib', 'objects'], packages: [] },
  smi: { rooms: ['lib', 'objects', 'diagnostics'], packages: ['zod'] },
  cluster: { rooms: ['lib', 'objects', 'diagnostics', 'smi'], packages: [] },
  sources: {
    rooms: ['lib', 'objects', 'diagnostics', 'smi', 'cluster'],
    packages: ['node:*', 'yaml', '@kubernetes/client-node'],
  },
  // Pure: no I/O, no clock, no randomness, no logger. re2js only says whether a regular expression is valid RE2.
  mesh: { rooms: ['lib', 'objects', 'diagnostics', 'smi', 'cluster'], packages: ['re2js'] },
  translators: { rooms: ['lib', 'objects', 'mesh', 'envoy', 'gen'], packages: [] },
  // Pure as well: node:net only says what an IP address is.
  envoy: { rooms: ['lib', 'objects', 'gen'], packages: ['node:net', 're2js', '@bufbuild/protobuf'] },
  gen: { rooms: [], packages: ['@bufbuild/protobuf', '@grpc/grpc-js'] },
  snapshot: { rooms: ['lib', 'objects', 'diagnostics', 'envoy'], packages: [] },
  'xds-server': {
    rooms: ['lib', 'objects', 'envoy', 'snapshot', 'gen'],
    packages: ['node:*', '@grpc/grpc-js', '@bufbuild/protobuf', 'zod'],
  },
  identity: { rooms: ['lib', 'mesh'], packages: ['node:*', '@peculiar/x509', 'reflect-metadata'] },
  control: {
    rooms: [
      ...['lib', 'objects', 'diagnostics', 'smi', 'cluster', 'sources', 'mesh', 'translators', 'envoy', 'snapshot'],
      ...['xds-server', 'identity'],
    ],
    packages: ['node:*', 'pino', 'pino-pretty', 'prom-client', 'zod', '@grpc/grpc-js'],
  },
  demo: {
    rooms: [
      ...['lib', 'objects', 'diagnostics', 'sources', 'mesh', 'translators', 'envoy', 'gen', 'identity', 'control'],
    ],
    packages: ['node:*', 'yaml', 'zod'],
  },
  cli: {
    rooms: [
      ...['lib', 'objects', 'diagnostics', 'smi', 'cluster', 'sources', 'mesh', 'translators', 'envoy', 'snapshot'],
      ...['xds-server', 'identity', 'control', 'demo', 'config.ts'],
    ],
    packages: ['node:*', 'commander', 'yaml', 'zod'],
  },
};

const source = join(import.meta.dirname, '..');
const isTest = (file: string) => file.endsWith('.test.ts') || file.startsWith('testing/');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('gen/'),
);
const importsOf = (file: string) =>
  [
    ...readFileSync(join(source, file), 'utf8').matchAll(
      /^(?:import|export)\b[^'";]*?from '([^']+)'|^import '([^']+)'/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? '');
const packageName = (specifier: string) =>
  specifier.startsWith('node:') ? specifier : specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

test('every folder of src has a row in the table of rooms', () => {
  const rooms = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0] ?? ''));
  rooms.delete('testing');
  assert.deepEqual([...rooms].filter((room) => !(room in house)).sort(), []);
});

test('imports go only where the table of rooms allows', () => {
  const broken: string[] = [];
  for (const file of files) {
    const room = file.split('/')[0] ?? '';
    const rule = house[room];
    if (isTest(file) || rule === undefined) continue;
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) {
        const target = relative(source, resolve(source, dirname(file), specifier)).split('/')[0] ?? '';
        if (target !== room && !rule.rooms.includes(target)) broken.push(`${file} imports ${specifier}`);
      } else {
        const name = packageName(specifier);
        const allowed = rule.packages.includes(name) || (name.startsWith('node:') && rule.packages.includes('node:*'));
        if (!allowed) broken.push(`${file} imports ${specifier}`);
      }
    }
  }
  assert.deepEqual(broken, []);
});

test('nothing outside tests imports testing/', () => {
  const broken = files.filter((file) => !isTest(file) && importsOf(file).some((name) => name.includes('/testing/')));
  assert.deepEqual(broken, []);
});
