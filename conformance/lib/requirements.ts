import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { knownControlPlane } from '../../scripts/setup/control-plane.ts';
import { knownEnvoy } from '../../scripts/setup/envoy.ts';
import { which } from '../../scripts/setup/program.ts';

/** What a test may need of the machine it runs on. */
export type Requirement = 'envoy' | 'kubernetes' | 'controllers' | 'root';

/** Why the machine cannot give it, or undefined when it can. */
const reasons: Record<Requirement, () => string | undefined> = {
  envoy: () => (knownEnvoy() ? undefined : `no Envoy: ${process.env['SMI_ENVOY_NO_ENVOY'] ?? notSetUp}`),
  kubernetes: () => (knownControlPlane() ? undefined : noControlPlane('kube-apiserver')),
  controllers: () => {
    const folder = knownControlPlane();
    if (folder === undefined) return noControlPlane('kube-controller-manager');
    return existsSync(join(folder, 'kube-controller-manager')) ? undefined : `no kube-controller-manager in ${folder}`;
  },
  root: () => {
    if (process.getuid?.() !== 0) return 'needs root, for network namespaces';
    const missing = ['ip', 'iptables', 'setpriv'].filter((program) => which(program) === undefined);
    return missing.length === 0 ? undefined : `no ${missing.join(', ')} on this machine`;
  },
};
const noControlPlane = (program: string): string =>
  `no ${program}: ${process.env['SMI_ENVOY_NO_KUBERNETES'] ?? notSetUp}`;

const notSetUp = '`node scripts/setup.mjs envoy kubernetes` was not run';

/**
 * The options of a test that needs something: `test('…', needs('envoy', 'root'), async () => …)`. A machine that cannot
 * give it skips the test with the reason; in CI the test runner counts that as a failure.
 */
export function needs(...requirements: readonly Requirement[]): { readonly skip: string | false } {
  const missing = requirements.flatMap((requirement) => reasons[requirement]() ?? []);
  return { skip: missing.length === 0 ? false : missing.join('; ') };
}

export function envoyProgram(): string {
  const path = knownEnvoy();
  if (path === undefined) throw new Error(reasons.envoy());
  return path;
}

/** The path of kube-apiserver, kube-controller-manager or etcd. */
export function controlPlaneProgram(name: 'kube-apiserver' | 'kube-controller-manager' | 'etcd'): string {
  const folder = knownControlPlane();
  if (folder === undefined) throw new Error(reasons.kubernetes());
  return join(folder, name);
}
