import { pack } from '../envoy/any.ts';
import type { ListenerFilter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { OriginalDst } from '../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst.ts';
import { TlsInspector } from '../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.ts';

const known = {
  /** Where an intercepted connection was going. */
  original_dst: {
    name: 'envoy.filters.listener.original_dst',
    configType: { $case: 'typedConfig', value: pack(OriginalDst, {}) },
  },
  /** Whether a connection begins with TLS, and which server name it asks for. */
  tls_inspector: {
    name: 'envoy.filters.listener.tls_inspector',
    configType: { $case: 'typedConfig', value: pack(TlsInspector, {}) },
  },
} as const satisfies Record<string, ListenerFilter>;

export const listenerFilters = (filters: readonly (keyof typeof known)[]): ListenerFilter[] =>
  filters.map((filter) => known[filter]);
