import { Command, Option } from 'commander';
import { meshSettings, serverSettings } from '../config.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import { type BootstrapOptions, printBootstrap } from '../translators/bootstrap.ts';
import { Failure, usageFailure } from './failure.ts';
import { type OutputFormat, outputOption, print } from './output-format.ts';
import { readMesh } from './read-mesh.ts';
import { addSettings, settingsOf } from './settings.ts';
import type { Terminal } from './terminal.ts';

const usedSettings = { xdsAddress: serverSettings.xdsAddress };

interface Flags {
  readonly output: OutputFormat;
  readonly directory?: string;
  readonly sidecar?: 'transparent' | 'explicit';
  readonly serviceAccount?: string;
  readonly envoyAdminPort: string;
}

export function bootstrapCommand(terminal: Terminal): Command {
  const command = new Command('bootstrap')
    .description('print what to start a workload’s Envoy with')
    .argument('<namespace/pod>', 'whose sidecar it will be')
    .option('-d, --directory <dir>', 'look the pod up in this YAML, instead of giving the next two flags')
    .addOption(new Option('--sidecar <kind>', 'as the pod is annotated').choices(['transparent', 'explicit']))
    .option('--service-account <name>', 'as in the pod’s spec (default: default)')
    .option('--envoy-admin-port <port>', 'where Envoy’s own admin interface listens, on loopback; 0 for any', '15000')
    .addOption(outputOption(['yaml', 'json']))
    .action((pod: string, flags: Flags) => {
      const { xdsAddress } = settingsOf(usedSettings, command, terminal);
      const settings = settingsOf(meshSettings, command, terminal);
      const [, namespace, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(pod) ?? [];
      if (namespace === undefined || name === undefined) throw usageFailure(`a pod is <namespace>/<name>, not ${pod}`);
      const printed = printBootstrap({
        namespace,
        pod: name,
        ...(flags.directory === undefined ? fromFlags(flags) : fromDirectory(flags, pod, settings)),
        server: { ...xdsAddress, host: reachable(xdsAddress.host) },
        adminPort: readPort(flags.envoyAdminPort),
      });
      print(terminal.out, flags.output, printed, () => '');
    });
  addSettings(command, usedSettings, 'Where smi-envoy is:');
  return command;
}

type Who = Pick<BootstrapOptions, 'serviceAccount' | 'sidecar'>;

const fromFlags = ({ sidecar = 'transparent', serviceAccount = 'default' }: Flags): Who => ({
  sidecar,
  serviceAccount,
});

function fromDirectory(
  { directory = '', sidecar, serviceAccount }: Flags,
  pod: string,
  settings: Parameters<typeof readMesh>[1],
): Who {
  if (sidecar !== undefined || serviceAccount !== undefined) {
    throw usageFailure('--directory says what --sidecar and --service-account would say: give one or the other');
  }
  const workload = readMesh(directory, settings).mesh.workloads.get(pod as NamespacedName);
  if (workload === undefined) {
    throw new Failure(`no pod ${pod} with a sidecar in ${directory}`, {
      hint: 'Is it there, and annotated with smi-envoy.io/sidecar: transparent or explicit?',
    });
  }
  return { serviceAccount: workload.serviceAccount, sidecar: workload.sidecar.mode };
}

/** A server that listens on every address is dialled on this machine's own. */
const reachable = (host: string): string => (host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host);

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw usageFailure(`a port is a number to 65535, not ${text}`);
  return Number(text);
}
