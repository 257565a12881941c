import { CertificateAuthority, createRoot } from '../../src/identity/certificate-authority.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Workload } from '../../src/mesh/model.ts';
import type { SpiffeId } from '../../src/mesh/spiffe-id.ts';
import type { Credentials } from '../../src/translators/secrets.ts';

/** Real certificates, one for each identity. */
export async function openCredentials(): Promise<(of: Pick<Workload, 'identity'>) => Promise<Credentials>> {
  const authority = await CertificateAuthority.open(await createRoot('cluster.local', systemClock), systemClock);
  const issued = new Map<SpiffeId, Promise<Credentials>>();
  const issue = async (identity: SpiffeId): Promise<Credentials> => {
    const { chain, privateKey } = await authority.issue(identity);
    return { certificateChain: chain, privateKey, trustBundle: authority.trustBundle };
  };
  return ({ identity }) => {
    const known = issued.get(identity) ?? issue(identity);
    issued.set(identity, known);
    return known;
  };
}
