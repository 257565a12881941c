/**
 * Which resources a resource names, read off its bytes: a route its clusters, a listener its routes, clusters and
 * secrets, a cluster its endpoints and secrets. It walks only the fields on the way and skips everything else, so it
 * costs a few microseconds whatever the message.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import { UdpProxyConfig } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy.ts';
import { DownstreamTlsContext, UpstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts';
import { typeUrlOf } from './any.ts';
import type { ResourceType } from './resource-type.ts';

export interface Reference {
  readonly type: ResourceType;
  readonly name: string;
}

/** The way to the names: what to look into, by the field numbers of Envoy's messages. */
type Way =
  | { readonly is: 'name'; readonly of: ResourceType }
  | { readonly is: 'message'; readonly fields: Fields }
  | { readonly is: 'any'; readonly types: Readonly<Record<string, Fields>> }
  /** A filter that has no configuration of its own has one that is named as it is. */
  | { readonly is: 'filter'; readonly fields: Fields }
  | { readonly is: 'secret' };
type Fields = Readonly<Record<number, Way>>;

const name = (of: ResourceType): Way => ({ is: 'name', of });
const message = (fields: Fields): Way => ({ is: 'message', fields });

const weightedClusters = message({ /* clusters */ 1: message({ /* name */ 1: name('cluster') }) });

const commonTlsContext = message({
  /* tls_certificate_sds_secret_configs */ 6: { is: 'secret' },
  /* validation_context_sds_secret_config */ 7: { is: 'secret' },
  /* combined_validation_context */ 8: message({ /* validation_context_sds_secret_config */ 2: { is: 'secret' } }),
});
const tlsContext: Fields = { /* common_tls_context */ 1: commonTlsContext };
const transportSocket = message({
  /* typed_config */ 3: {
    is: 'any',
    types: { [typeUrlOf(UpstreamTlsContext)]: tlsContext, [typeUrlOf(DownstreamTlsContext)]: tlsContext },
  },
});

const routeConfiguration: Fields = {
  /* virtual_hosts */ 2: message({
    /* routes */ 3: message({
      /* route */ 2: message({
        /* cluster */ 1: name('cluster'),
        /* weighted_clusters */ 3: weightedClusters,
        /* request_mirror_policies */ 30: message({ /* cluster */ 1: name('cluster') }),
      }),
    }),
  }),
};

const tcpProxy: Fields = { /* cluster */ 2: name('cluster'), /* weighted_clusters */ 10: weightedClusters };

const filterChain = message({
  /* filters */ 3: {
    is: 'filter',
    fields: {
      /* typed_config */ 4: {
        is: 'any',
        types: {
          [typeUrlOf(HttpConnectionManager)]: {
            /* rds */ 3: message({ /* route_config_name */ 2: name('route') }),
            /* route_config */ 4: message(routeConfiguration),
          },
          [typeUrlOf(TcpProxy)]: tcpProxy,
        },
      },
    },
  },
  /* transport_socket */ 6: transportSocket,
});

const ways: Readonly<Record<ResourceType, Fields>> = {
  secret: {},
  cluster: {
    /* eds_cluster_config */ 3: message({ /* service_name */ 2: name('endpoint') }),
    /* transport_socket */ 24: transportSocket,
    /* transport_socket_matches */ 43: message({ /* transport_socket */ 3: transportSocket }),
  },
  endpoint: {},
  listener: {
    /* filter_chains */ 3: filterChain,
    /* listener_filters */ 9: message({
      /* typed_config */ 3: { is: 'any', types: { [typeUrlOf(UdpProxyConfig)]: { /* cluster */ 2: name('cluster') } } },
    }),
    /* default_filter_chain */ 25: filterChain,
  },
  scopedRoute: { /* route_configuration_name */ 2: name('route') },
  route: routeConfiguration,
  extension: { /* typed_config */ 2: { is: 'any', types: { [typeUrlOf(TcpProxy)]: tcpProxy } } },
};

/** What a resource of the type refers to, each once, in the order of the bytes. */
export function referencesOf(type: ResourceType, ownName: string, bytes: Uint8Array): readonly Reference[] {
  const found = new Map<string, Reference>();
  walk(bytes, ways[type], (reference) => {
    if (reference.name !== '') found.set(`${reference.type} ${reference.name}`, reference);
  });
  if (type === 'cluster' && isEds(bytes) && ![...found.values()].some((reference) => reference.type === 'endpoint')) {
    // Without a service name, the endpoints have the name of the cluster.
    // https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto#config-cluster-v3-cluster-edsclusterconfig
    return [...found.values(), { type: 'endpoint', name: ownName }];
  }
  return found.size === 0 ? none : [...found.values()];
}

const none: readonly Reference[] = [];

function walk(bytes: Uint8Array, fields: Fields, found: (reference: Reference) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const way = fields[field];
    if (way === undefined || wireType !== WireType.LengthDelimited) {
      reader.skip(wireType, field);
      continue;
    }
    switch (way.is) {
      case 'name':
        found({ type: way.of, name: reader.string() });
        break;
      case 'message':
        walk(reader.bytes(), way.fields, found);
        break;
      case 'any': {
        const { typeUrl, value } = readAny(reader.bytes());
        const inner = way.types[typeUrl];
        if (inner !== undefined) walk(value, inner, found);
        break;
      }
      case 'filter': {
        const filter = reader.bytes();
        const own = readDiscoveredFilter(filter);
        if (own !== undefined) found({ type: 'extension', name: own });
        else walk(filter, way.fields, found);
        break;
      }
      case 'secret': {
        const secret = readSdsConfig(reader.bytes());
        if (secret.dynamic) found({ type: 'secret', name: secret.name });
        break;
      }
    }
  }
}

/** The name of a filter whose configuration is discovered; `undefined` for one that has it with it. */
function readDiscoveredFilter(bytes: Uint8Array): string | undefined {
  const reader = new BinaryReader(bytes);
  let name = '';
  let discovered = false;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) name = reader.string();
    else reader.skip(wireType, field);
    discovered ||= field === /* config_discovery */ 5;
  }
  return discovered ? name : undefined;
}

function readAny(bytes: Uint8Array): { readonly typeUrl: string; readonly value: Uint8Array } {
  const reader = new BinaryReader(bytes);
  let typeUrl = '';
  let value = bytes.subarray(0, 0);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) typeUrl = reader.string();
    else if (field === 2) value = reader.bytes();
    else reader.skip(wireType, field);
  }
  return { typeUrl, value };
}

/** An SdsSecretConfig without `sds_config` names a secret of the bootstrap, which no server gives. */
function readSdsConfig(bytes: Uint8Array): { readonly name: string; readonly dynamic: boolean } {
  const reader = new BinaryReader(bytes);
  let name = '';
  let dynamic = false;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) name = reader.string();
    else {
      if (field === 2) dynamic = true;
      reader.skip(wireType, field);
    }
  }
  return { name, dynamic };
}

const edsDiscovery = 3;

function isEds(cluster: Uint8Array): boolean {
  const reader = new BinaryReader(cluster);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2 && wireType === WireType.Varint) return reader.uint32() === edsDiscovery;
    reader.skip(wireType, field);
  }
  return false;
}
