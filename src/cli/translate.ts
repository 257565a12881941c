import { Command } from 'commander';
import { meshSettings } from '../config.ts';
import { printSnapshot } from '../control/print-snapshot.ts';
import { SnapshotMaker } from '../control/snapshot-maker.ts';
import { validateResource } from '../control/validation.ts';
import { byDiagnostic } from '../diagnostics/diagnostic.ts';
import { Redacted } from '../lib/redacted.ts';
import type { MeshModel } from '../mesh/model.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { TranslationOptions } from '../translators/options.ts';
import type { Credentials } from '../translators/secrets.ts';
import { createTranslator } from '../translators/translator.ts';
import type { ProxyId } from '../xds-server/api.ts';
import { hasErrors, writeDiagnostics } from './diagnostics.ts';
import { exitCodes, Failure } from './failure.ts';
import { translationOptions } from './mesh-options.ts';
import { type OutputFormat, outputOption, print } from './output-format.ts';
import { readMesh } from './read-mesh.ts';
import { addSettings, settingsOf } from './settings.ts';
import type { Terminal } from './terminal.ts';

/** Nothing is issued for a look. */
const credentials: Credentials = {
  certificateChain: '[issued when the sidecar connects]',
  privateKey: new Redacted('[issued when the sidecar connects]'),
  trustBundle: '[the root certificate]',
};

interface Flags {
  readonly output: OutputFormat;
  readonly proxy?: string;
}

export function translateCommand(terminal: Terminal): Command {
  const command = new Command('translate')
    .description('print what each sidecar would be given for the YAML of a directory')
    .argument('<dir>', 'directory of Kubernetes YAML, or a single file')
    .option('-p, --proxy <namespace/pod>', 'only this sidecar')
    .addOption(outputOption(['yaml', 'json']))
    .addHelpText(
      'after',
      '\nExits with 1 when there are errors in the YAML; what is right of it is translated nevertheless.',
    )
    .action((directory: string, flags: Flags) => translate(command, directory, flags, terminal));
  return addSettings(command, meshSettings, 'What it means, unless annotated otherwise:');
}

function translate(command: Command, directory: string, { output, proxy }: Flags, terminal: Terminal): void {
  const settings = settingsOf(meshSettings, command, terminal);
  const { mesh, problems } = readMesh(directory, settings);
  const wanted = [...mesh.workloads.keys()].filter((key) => proxy === undefined || key === proxy).sort();
  if (proxy !== undefined && wanted.length === 0) {
    throw new Failure(`no pod ${proxy} with a sidecar in ${directory}`, { hint: sidecarHint(mesh) });
  }
  const made = makeSnapshots(mesh, wanted, translationOptions(settings));
  const diagnostics = [...problems, ...made.diagnostics].sort(byDiagnostic);
  print(terminal.out, output, { proxies: made.printed, diagnostics }, () => '');
  writeDiagnostics(terminal.err, diagnostics);
  if (wanted.length === 0) terminal.err.write(`no pod has a sidecar: ${sidecarHint(mesh)}\n`);
  if (hasErrors(diagnostics)) throw new Failure('', { exitCode: exitCodes.no });
}

function makeSnapshots(mesh: MeshModel, wanted: readonly NamespacedName[], options: TranslationOptions) {
  const translation = createTranslator(options)(mesh);
  const maker = new SnapshotMaker(validateResource);
  maker.share(translation);
  const printed: Record<string, unknown> = {};
  for (const key of wanted) {
    const workload = mesh.workloads.get(key);
    if (workload === undefined) continue;
    const layers = translation.layersFor(workload, credentials);
    printed[key] = printSnapshot(maker.make(key as string as ProxyId, layers));
  }
  return { printed, diagnostics: maker.diagnostics() };
}

const sidecarHint = ({ workloads }: MeshModel): string =>
  workloads.size === 0
    ? 'annotate pods with smi-envoy.io/sidecar: transparent or explicit, or give --default-sidecar'
    : `There are ${[...workloads.keys()].slice(0, 10).join(', ')}${workloads.size > 10 ? ', …' : ''}.`;
