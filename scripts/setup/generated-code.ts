import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exclusively } from './cache.ts';
import { run } from './program.ts';
import { step } from './progress.ts';

const root = join(import.meta.dirname, '../..');
const stamp = join(root, 'build/generated-from');

/** What src/gen is made from: our own files, and the packages that hold the protos or do the generating. */
const files = ['buf.yaml', 'buf.gen.yaml', 'buf.gen.rules.yaml', 'scripts/gen.ts'];
const folders = ['protos', 'scripts/gen'];
const packages = ['@bufbuild/buf', '@bufbuild/protobuf', '@grpc/grpc-js-xds', 'ts-proto'];

function inputsHash(): string {
  const inputs = [...files, ...folders.flatMap(filesIn).sort()].map((file) => [
    file,
    readFileSync(join(root, file), 'utf8'),
  ]);
  const versions = packages.map((name) => [name, packageVersion(name)]);
  return createHash('sha256')
    .update(JSON.stringify([inputs, versions]))
    .digest('hex');
}

function filesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

function packageVersion(name: string): string {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Runs `scripts/gen.ts` when something that src/gen is made from has changed since. */
export async function provideGeneratedCode(): Promise<void> {
  if (isCurrent()) return;
  await exclusively(join(root, 'build/generating.lock'), async () => {
    if (isCurrent()) return;
    await step('generating code from the Envoy API', () => run(process.execPath, [join(root, 'scripts/gen.ts')]));
  });
}

function isCurrent(): boolean {
  return existsSync(join(root, 'src/gen')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputsHash();
}

/** Called when src/gen was made. */
export function stampGeneratedCode(): void {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputsHash());
}
