import { run, which } from './program.ts';
import { step } from './progress.ts';

/** The programs that make pods of network namespaces, and the Debian packages they come in. */
const packageOf = { ip: 'iproute2', iptables: 'iptables', setpriv: 'util-linux' } as const;

/** Installs what is missing where that is possible: as root on Debian. Elsewhere the tests that need it say so. */
export async function provideRootTools(): Promise<void> {
  const missing = Object.entries(packageOf).filter(([program]) => which(program) === undefined);
  const aptGet = which('apt-get');
  if (missing.length === 0 || aptGet === undefined || process.getuid?.() !== 0) return;
  const packages = missing.map(([, name]) => name);
  await step(`installing ${packages.join(', ')}`, async () => {
    await run(aptGet, ['update', '--quiet']);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run(aptGet, ['install', '--quiet', '--yes', '--no-install-recommends', ...packages], { env });
  });
}
