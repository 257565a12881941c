/**
 * The rest of set-up, on our own Node: `setup.ts [part …] [-- command …]`. The parts are `envoy` and `kubernetes`;
 * generated code is always seen to. A part written `kubernetes?` may be missing: the command is told the reason in
 * `SMI_ENVOY_NO_ENVOY` or `SMI_ENVOY_NO_KUBERNETES`. What is there it finds in `ENVOY_PATH` and `KUBEBUILDER_ASSETS`.
 */
import { provideControlPlane } from './setup/control-plane.ts';
import { provideEnvoy } from './setup/envoy.ts';
import { provideGeneratedCode } from './setup/generated-code.ts';
import { which } from './setup/program.ts';

const parts: Record<
  string,
  { readonly provide: () => Promise<string>; readonly found: string; readonly missing: string }
> = {
  envoy: { provide: provideEnvoy, found: 'ENVOY_PATH', missing: 'SMI_ENVOY_NO_ENVOY' },
  kubernetes: { provide: provideControlPlane, found: 'KUBEBUILDER_ASSETS', missing: 'SMI_ENVOY_NO_KUBERNETES' },
};

async function provide(wanted: string): Promise<void> {
  const optional = wanted.endsWith('?');
  const part = parts[optional ? wanted.slice(0, -1) : wanted];
  if (part === undefined) throw new Error(`there is no part ${wanted}; there are ${Object.keys(parts).join(', ')}`);
  try {
    process.env[part.found] = await part.provide();
  } catch (error) {
    if (!optional) throw error;
    process.env[part.missing] = reasonOf(error);
    process.stderr.write(`setup: going on without ${wanted.slice(0, -1)}: ${reasonOf(error)}\n`);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const [wanted, command] = splitAt(process.argv.slice(2), '--');
try {
  await provideGeneratedCode();
  for (const part of wanted) await provide(part);
} catch (error) {
  process.stderr.write(`setup: ${reasonOf(error)}\n`);
  process.exit(1);
}
const [program, ...args] = command;
if (program !== undefined) {
  const path = program === 'node' ? process.execPath : which(program);
  if (path === undefined || process.execve === undefined) throw new Error(`cannot run ${program}`);
  process.execve(path, [program, ...args], process.env as Record<string, string>);
}

function splitAt(words: readonly string[], separator: string): [readonly string[], readonly string[]] {
  const index = words.indexOf(separator);
  return index < 0 ? [words, []] : [words.slice(0, index), words.slice(index + 1)];
}
