import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import type { DataSource } from '../gen/envoy/config/core/v3/base.ts';
import type { CertificateValidationContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts';
import { sortedUnique } from '../lib/order.ts';
import type { Redacted } from '../lib/redacted.ts';
import type { Access } from '../mesh/model.ts';
import type { SpiffeId } from '../mesh/spiffe-id.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { names } from './names.ts';
import { sanOf } from './tls.ts';

/** What a sidecar proves its identity with, and knows others by. All PEM. */
export interface Credentials {
  readonly certificateChain: string;
  readonly privateKey: Redacted<string>;
  /** The roots of every identity in the mesh. */
  readonly trustBundle: string;
}

type SecretResource = EnvoyResource & { type: 'secret' };

const pem = (inlineString: string): DataSource => ({ specifier: { $case: 'inlineString', value: inlineString } });

/** The proxy's own certificate, for both ends of a connection. */
export const workloadCertificate = ({ certificateChain, privateKey }: Credentials): SecretResource => ({
  type: 'secret',
  name: names.workloadCertificate,
  message: {
    name: names.workloadCertificate,
    type: {
      $case: 'tlsCertificate',
      value: { certificateChain: pem(certificateChain), privateKey: pem(privateKey.reveal()) },
    },
  },
  origins: [],
});

/** Everyone in the mesh. */
export const trustBundle = (bundle: string): SecretResource =>
  validation(names.trustBundle, { trustedCa: pem(bundle) }, []);

/** An identity that no certificate can carry, since an empty list of names would let everyone in. */
const nobody = 'spiffe:nobody' as SpiffeId;

/**
 * Those whom a TCP port lets in. They are checked in the TLS handshake, because a filter would let a server that speaks
 * first greet the caller before it refuses. As a secret it can change without touching the listener.
 */
export function inboundCallers(
  port: number,
  { mode, grants }: Access,
  bundle: string,
  services: readonly ObjectRef[],
): SecretResource {
  const origins = [...services, ...grants.map(({ origin }) => origin)];
  const trustedCa = pem(bundle);
  const name = names.inboundCallers(port);
  if (mode !== 'enforce') return validation(name, { trustedCa }, origins);
  const callers = sortedUnique(grants.flatMap((grant) => grant.callers));
  const matchTypedSubjectAltNames = (callers.length === 0 ? [nobody] : callers).map(sanOf);
  return validation(name, { trustedCa, matchTypedSubjectAltNames }, origins);
}

const validation = (
  name: string,
  value: CertificateValidationContext,
  origins: readonly ObjectRef[],
): SecretResource => ({
  type: 'secret',
  name,
  message: { name, type: { $case: 'validationContext', value } },
  origins,
});
