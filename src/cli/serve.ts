import { join } from 'node:path';
import { Command } from 'commander';
import { type Environment, meshSettings, serverSettings, sourceSettings, type ValuesOf } from '../config.ts';
import { startDaemon } from '../control/daemon.ts';
import { createLog } from '../control/log.ts';
import { validateResource } from '../control/validation.ts';
import { CertificateAuthority, createRoot } from '../identity/certificate-authority.ts';
import { loadOrCreateRoot, readRoot } from '../identity/root-file.ts';
import { systemClock } from '../lib/clock.ts';
import { DirectorySource } from '../sources/directory/directory-source.ts';
import { kubeConfigCredentials } from '../sources/kubernetes/credentials.ts';
import { KubernetesSource } from '../sources/kubernetes/kubernetes-source.ts';
import type { Source } from '../sources/source.ts';
import { Failure, usageFailure } from './failure.ts';
import { meshOptions, translationOptions } from './mesh-options.ts';
import { addSettings, settingsOf, variablesNote } from './settings.ts';
import type { Terminal } from './terminal.ts';

export function serveCommand(terminal: Terminal): Command {
  const command = new Command('serve')
    .description('serve Envoys, and follow every change of what is read')
    .addHelpText('after', `\n${variablesNote(serverSettings)}`)
    .action(() => serve(command, terminal));
  addSettings(command, sourceSettings, 'What is read (one of these):');
  addSettings(command, meshSettings, 'What it means, unless annotated otherwise:');
  addSettings(command, serverSettings, 'How it runs:');
  return command;
}

async function serve(command: Command, terminal: Terminal): Promise<void> {
  const settings = settingsOf({ ...sourceSettings, ...meshSettings, ...serverSettings }, command, terminal);
  const source = chooseSource(settings, terminal.environment);
  const { err } = terminal;
  const log = createLog({
    level: settings.logLevel,
    format: settings.logFormat === 'auto' ? (err.interactive ? 'pretty' : 'json') : settings.logFormat,
    color: err.color,
    destination: err.stream,
  });
  const daemon = await startDaemon(source, {
    mesh: meshOptions(settings),
    translation: translationOptions(settings),
    authority: await openAuthority(settings, terminal.environment),
    validate: validateResource,
    xds: settings.xdsAddress,
    admin: settings.adminAddress,
    log,
  }).catch((error: unknown) => {
    throw explainStart(error);
  });
  await aborted(terminal.ending);
  await daemon.stop();
}

function chooseSource(settings: ValuesOf<typeof sourceSettings>, environment: Environment): Source {
  const { directory, kubernetes, kubeconfig, context } = settings;
  if (directory !== undefined && kubernetes) throw usageFailure('--directory and --kubernetes are alternatives');
  if (directory !== undefined) return new DirectorySource({ path: directory });
  const inCluster = environment['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (kubernetes || kubeconfig !== undefined || context !== undefined || inCluster) {
    return new KubernetesSource({ credentials: kubeConfigCredentials({ kubeconfig, context }) });
  }
  throw usageFailure(
    'nothing to read: say where the objects are',
    'Give --directory <dir> for YAML files, or --kubernetes for an API server.',
  );
}

async function openAuthority(
  { rootCertificate, rootKey, stateDir, trustDomain }: ValuesOf<typeof serverSettings & typeof meshSettings>,
  environment: Environment,
): Promise<CertificateAuthority> {
  if ((rootCertificate === undefined) !== (rootKey === undefined)) {
    throw usageFailure('--root-certificate and --root-key belong together');
  }
  const directory = stateDir ?? defaultStateDirectory(environment);
  try {
    const root =
      rootCertificate !== undefined && rootKey !== undefined
        ? await readRoot(rootCertificate, rootKey)
        : await loadOrCreateRoot(directory, () => createRoot(trustDomain, systemClock));
    return await CertificateAuthority.open(root, systemClock);
  } catch (error) {
    throw new Failure(`the root certificate cannot be used: ${messageOf(error)}`, {
      hint:
        rootCertificate === undefined
          ? `It is kept in ${directory}; choose another place with --state-dir.`
          : 'Both files must be PEM, the key in PKCS #8 and on the curve P-256.',
    });
  }
}

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
function defaultStateDirectory(environment: Environment): string {
  const { XDG_STATE_HOME: state, HOME: home } = environment;
  if (state !== undefined && state !== '') return join(state, 'smi-envoy');
  return home === undefined || home === '' || home === '/' ? '.smi-envoy' : join(home, '.local/state/smi-envoy');
}

function explainStart(error: unknown): unknown {
  const message = messageOf(error);
  return /EADDRINUSE|EACCES|EADDRNOTAVAIL|No address added/.test(message)
    ? new Failure(`cannot listen: ${message}`, {
        hint: 'Is another smi-envoy running? Choose other ports with --xds-address and --admin-address.',
      })
    : error;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
