import type { Brand } from '../lib/brand.ts';
import { createSharing } from '../lib/sharing.ts';

/** `spiffe://<trust domain>/<path>`. https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md */
export type SpiffeId = Brand<string, 'SpiffeId'>;

/** Thousands of pods and grants name the same few identities. */
const share = createSharing(4096);

/** The identity of a service account: `spiffe://<trust domain>/ns/<namespace>/sa/<name>`. */
export const serviceAccountId = (trustDomain: string, namespace: string, serviceAccount: string): SpiffeId =>
  share(`spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}` as SpiffeId);

/** `bookstore/reviews` for the identity of a service account; other identities stand as they are. How people are told. */
export const describeIdentity = (identity: SpiffeId): string =>
  identity.replace(/^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/, '$1/$2');
