import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheFolder } from './cache.ts';
import { isExecutable, run, which } from './program.ts';
import { step } from './progress.ts';

const moduleFolder = join(import.meta.dirname, '../control-plane');
const goMod = readFileSync(join(moduleFolder, 'go.mod'), 'utf8');
const versionOf = (module: string): string => new RegExp(`^\\s+${module} (v\\S+)`, 'm').exec(goMod)?.[1] ?? '';

/** The version of Kubernetes that we test with. */
export const kubernetesVersion = versionOf('k8s.io/kubernetes');

const programs = [
  { name: 'etcd', package: 'go.etcd.io/etcd/server/v3', version: versionOf('go.etcd.io/etcd/server/v3') },
  { name: 'kube-apiserver', package: 'k8s.io/kubernetes/cmd/kube-apiserver', version: kubernetesVersion },
  {
    name: 'kube-controller-manager',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    version: kubernetesVersion,
  },
] as const;

/**
 * A folder that holds kube-apiserver, kube-controller-manager and etcd: `KUBEBUILDER_ASSETS` as in Kubernetes' envtest,
 * or built from their Go modules, once per user.
 */
export async function provideControlPlane(): Promise<string> {
  const given = process.env['KUBEBUILDER_ASSETS'];
  if (given !== undefined && given !== '') {
    // envtest's own bundle has no controller manager; the tests that want one say so.
    const missing = ['etcd', 'kube-apiserver'].filter((name) => !isExecutable(join(given, name)));
    if (missing.length > 0) throw new Error(`KUBEBUILDER_ASSETS (${given}) holds no ${missing.join(', ')}`);
    return given;
  }
  return cached(cacheName(), build);
}

/** The folder that set-up chose or would choose without building anything. */
export function knownControlPlane(): string | undefined {
  const ours = join(cacheFolder, cacheName());
  return process.env['KUBEBUILDER_ASSETS'] || (existsSync(ours) ? ours : undefined);
}

function cacheName(): string {
  const hash = createHash('sha256')
    .update(goMod)
    .update(readFileSync(join(moduleFolder, 'go.sum')))
    .digest('hex')
    .slice(0, 12);
  return `control-plane-${hash}-${process.platform}-${process.arch}`;
}

async function build(folder: string): Promise<void> {
  const go = which('go');
  if (go === undefined) throw new Error('no Kubernetes: needs KUBEBUILDER_ASSETS or Go');
  for (const program of programs) {
    await step(`building ${program.name} ${program.version} (the first time this takes minutes)`, () =>
      run(
        go,
        ['build', '-mod=readonly', '-ldflags', linkerFlags(), '-o', join(folder, program.name), program.package],
        {
          cwd: moduleFolder,
          // Without cgo no C compiler is needed.
          env: { ...process.env, CGO_ENABLED: '0' },
        },
      ),
    );
  }
}

/** Without the stamp `/version` is not a semantic version, and clients refuse such a server. */
function linkerFlags(): string {
  const [major, minor] = kubernetesVersion.slice(1).split('.');
  const stamp = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor };
  const variables = Object.entries(stamp).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-s', '-w', ...variables].join(' ');
}
