/**
 * `npm run gen`: Envoy's API as TypeScript, in src/gen. Generated, never committed.
 * The .proto sources come from the npm package @grpc/grpc-js-xds; protos/smi_envoy/envoy.proto and buf.gen.yaml say
 * which of them we speak.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { stampGeneratedCode } from './setup/generated-code.ts';

const root = join(import.meta.dirname, '..');
const packaged = join(root, 'node_modules/@grpc/grpc-js-xds/deps/protoc-gen-validate/validate');
const staged = join(root, 'build/protos/protoc-gen-validate/validate');
const generated = join(root, 'src/gen');
const buf = join(root, 'node_modules/.bin/buf');

/** The packaged validate.proto is older than the Envoy API beside it, which uses `ignore_empty` on strings. */
function stageValidateProto(): void {
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  cpSync(packaged, staged, { recursive: true });
  const file = join(staged, 'validate.proto');
  const source = readFileSync(file, 'utf8');
  const head = 'message StringRules {';
  if (!source.includes(head)) throw new Error(`${file}: expected "${head}"; the packaged validate.proto has changed`);
  writeFileSync(file, source.replace(head, `${head}\n    optional bool ignore_empty = 26;`));
}

/** Generated code is not ours to fix: keep its types, skip its bodies. */
function exemptFromTypeCheck(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    writeFileSync(file, `// @ts-nocheck\n${readFileSync(file, 'utf8')}`);
  }
}

/**
 * ts-proto prints a Duration as an object, and one of zero as an empty object, which nobody can tell from "not set".
 * Canonical JSON, which Envoy reads, is seconds with an `s`. https://protobuf.dev/programming-guides/json/
 */
function printDurationsCanonically(): void {
  const file = join(root, 'src/gen/google/protobuf/duration.ts');
  const source = readFileSync(file, 'utf8');
  const printed = /toJSON\(message: Duration\): unknown \{.*?\n {2}\},/s;
  if (!printed.test(source)) throw new Error(`${file}: no toJSON found; the generator has changed`);
  const canonical = `toJSON(message: Duration): unknown {
    return Number(((message.seconds ?? 0) + (message.nanos ?? 0) / 1e9).toFixed(9)) + "s";
  },`;
  writeFileSync(
    file,
    source.replace(printed, () => canonical),
  );
}

/** A validating function for each message that there is code for. */
async function generateValidators(): Promise<void> {
  // What reads the rules is generated itself, just now.
  const [{ FileDescriptorSet }, { messagesOf }, { writeValidators }] = await Promise.all([
    import('../build/rules/google/protobuf/descriptor.ts'),
    import('./gen/messages.ts'),
    import('./gen/validators.ts'),
  ]);
  const set = FileDescriptorSet.decode(readFileSync(join(root, 'build/envoy.binpb')));
  const sources = new Map<string, string>();
  const isGenerated = ({ module, tsName }: { readonly module: string; readonly tsName: string }): boolean => {
    const file = join(generated, `${module}.ts`);
    if (!sources.has(module)) sources.set(module, existsSync(file) ? readFileSync(file, 'utf8') : '');
    return sources.get(module)?.includes(`export interface ${tsName} {`) ?? false;
  };
  const messages = new Map([...messagesOf(set)].filter(([, message]) => isGenerated(message)));
  const { inputs } = parse(readFileSync(join(root, 'buf.gen.yaml'), 'utf8')) as { inputs: { types?: string[] }[] };
  // A bootstrap is read by Envoy alone, which says itself what it thinks of it.
  const roots = inputs
    .flatMap(({ types = [] }) => types)
    .filter((name) => name !== 'envoy.config.bootstrap.v3.Bootstrap');
  writeFileSync(join(generated, 'validators.ts'), writeValidators(messages, roots));
}

const run = (...args: string[]) => execFileSync(buf, args, { cwd: root, stdio: 'inherit' });

stageValidateProto();
run('build', '--as-file-descriptor-set', '-o', 'build/envoy.binpb', '--path', 'protos/smi_envoy/envoy.proto');
run('generate');
printDurationsCanonically();
run('generate', '--template', 'buf.gen.rules.yaml');
for (const folder of [generated, join(root, 'build/rules')]) exemptFromTypeCheck(folder);
await generateValidators();
stampGeneratedCode();
