/** Mutual TLS between sidecars. Certificates and roots are named here and resolved by each proxy to its own. */
import { pack } from '../envoy/any.ts';
import type { TransportSocket } from '../gen/envoy/config/core/v3/base.ts';
import {
  type SubjectAltNameMatcher,
  SubjectAltNameMatcher_SanType,
  type TlsParameters,
  TlsParameters_TlsProtocol,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts';
import type { SdsSecretConfig } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts';
import { DownstreamTlsContext, UpstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts';
import type { SpiffeId } from '../mesh/spiffe-id.ts';
import { ads } from './config-source.ts';
import { names } from './names.ts';

/** Both ends are Envoys. (As a client Envoy goes no further than 1.2 unless told to.) */
const tlsParams: TlsParameters = {
  tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
  tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
};

const secret = (name: string): SdsSecretConfig => ({ name, sdsConfig: ads });

export const sanOf = (identity: SpiffeId): SubjectAltNameMatcher => ({
  sanType: SubjectAltNameMatcher_SanType.URI,
  matcher: { matchPattern: { $case: 'exact', value: identity } },
});

/**
 * Dials a sidecar by its server name and makes sure that it is one of `servers`. ALPN follows from the protocol of the
 * connection.
 */
export function upstreamTls(servers: readonly SpiffeId[], sni: string): TransportSocket {
  const context: UpstreamTlsContext = {
    sni,
    commonTlsContext: {
      tlsParams,
      tlsCertificateSdsSecretConfigs: [secret(names.workloadCertificate)],
      validationContextType: {
        $case: 'combinedValidationContext',
        value: {
          defaultValidationContext: { matchTypedSubjectAltNames: servers.map(sanOf) },
          validationContextSdsSecretConfig: secret(names.trustBundle),
        },
      },
    },
  };
  return {
    name: 'envoy.transport_sockets.tls',
    configType: { $case: 'typedConfig', value: pack(UpstreamTlsContext, context) },
  };
}

/** Accepts who has a certificate that `validation`, a secret, approves of. */
export function downstreamTls(validation: string, alpn: readonly string[]): TransportSocket {
  const context: DownstreamTlsContext = {
    requireClientCertificate: true,
    commonTlsContext: {
      tlsParams,
      tlsCertificateSdsSecretConfigs: [secret(names.workloadCertificate)],
      validationContextType: { $case: 'validationContextSdsSecretConfig', value: secret(validation) },
      alpnProtocols: [...alpn],
    },
  };
  return {
    name: 'envoy.transport_sockets.tls',
    configType: { $case: 'typedConfig', value: pack(DownstreamTlsContext, context) },
  };
}
