import type { Brand } from '../lib/brand.ts';

/** `spiffe://<trust domain>/<path>`. https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md */
export type SpiffeId = Brand<string, 'SpiffeId'>;

/** The identity of a service account: `spiffe://<trust domain>/ns/<namespace>/sa/<name>`. */
export const serviceAccountId = (trustDomain: string, namespace: string, serviceAccount: string): SpiffeId =>
  `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}` as SpiffeId;
