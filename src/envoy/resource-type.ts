/** The one table of xDS resource types: everything the server knows of a type stands here. */
import { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts';
import { TypedExtensionConfig } from '../gen/envoy/config/core/v3/extension.ts';
import { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint.ts';
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts';
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts';
import { ScopedRouteConfiguration } from '../gen/envoy/config/route/v3/scoped_route.ts';
import { Secret } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts';

/** In the order in which additions are sent, so that what is referred to is there before what refers to it.
 *  https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations */
export const resourceTypes = [
  'secret',
  'cluster',
  'endpoint',
  'listener',
  'scopedRoute',
  'route',
  'extension',
] as const;

export type ResourceType = (typeof resourceTypes)[number];

/** The message of each type. */
export interface MessageByType {
  readonly secret: Secret;
  readonly cluster: Cluster;
  readonly endpoint: ClusterLoadAssignment;
  readonly listener: Listener;
  readonly scopedRoute: ScopedRouteConfiguration;
  readonly route: RouteConfiguration;
  /** The configuration of a filter, apart from the listener that it is in. */
  readonly extension: TypedExtensionConfig;
}

interface TypeRow<M> {
  readonly typeUrl: string;
  readonly encode: (message: M) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => M;
  readonly toJSON: (message: M) => unknown;
  /** Types that a client may subscribe to as a whole. In state-of-the-world their responses are complete. */
  readonly wildcard: boolean;
}

const row = <M>(
  codec: {
    readonly $type: string;
    encode(message: M): { finish(): Uint8Array };
    decode(bytes: Uint8Array): M;
    toJSON(message: M): unknown;
  },
  wildcard: boolean,
): TypeRow<M> => ({
  typeUrl: `type.googleapis.com/${codec.$type}`,
  encode: (message) => codec.encode(message).finish(),
  decode: (bytes) => codec.decode(bytes),
  toJSON: (message) => codec.toJSON(message),
  wildcard,
});

export const resourceTypeTable: { readonly [T in ResourceType]: TypeRow<MessageByType[T]> } = {
  secret: row(Secret, false),
  cluster: row(Cluster, true),
  endpoint: row(ClusterLoadAssignment, false),
  listener: row(Listener, true),
  scopedRoute: row(ScopedRouteConfiguration, true),
  route: row(RouteConfiguration, false),
  extension: row(TypedExtensionConfig, false),
};

export const resourceTypeByUrl: ReadonlyMap<string, ResourceType> = new Map(
  resourceTypes.map((type) => [resourceTypeTable[type].typeUrl, type]),
);
