import type { Redacted } from '../lib/redacted.ts';
import type { SpiffeId } from '../mesh/spiffe-id.ts';

/** What a sidecar proves its workload's identity with. Its private key is in memory only. */
export interface WorkloadCertificate {
  readonly identity: SpiffeId;
  /** PEM, the leaf first. */
  readonly chain: string;
  /** PEM, PKCS #8. */
  readonly privateKey: Redacted<string>;
  readonly notBefore: Date;
  readonly notAfter: Date;
}
