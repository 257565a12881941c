/** The gRPC services of xDS: one for all types together, and one for each. Messages pass through as bytes. */
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import type { ResourceType } from '../envoy/resource-type.ts';
import { ClusterDiscoveryServiceService } from '../gen/envoy/service/cluster/v3/cds.ts';
import { AggregatedDiscoveryServiceService } from '../gen/envoy/service/discovery/v3/ads.ts';
import { EndpointDiscoveryServiceService } from '../gen/envoy/service/endpoint/v3/eds.ts';
import { ExtensionConfigDiscoveryServiceService } from '../gen/envoy/service/extension/v3/config_discovery.ts';
import { ListenerDiscoveryServiceService } from '../gen/envoy/service/listener/v3/lds.ts';
import { RouteDiscoveryServiceService } from '../gen/envoy/service/route/v3/rds.ts';
import { ScopedRoutesDiscoveryServiceService } from '../gen/envoy/service/route/v3/srds.ts';
import { SecretDiscoveryServiceService } from '../gen/envoy/service/secret/v3/sds.ts';
import { decodeDeltaRequest, decodeSotwRequest, type Variant, type XdsRequest } from './request.ts';

interface StreamPaths {
  /** The type of a per-type service; `undefined` for the aggregated one. */
  readonly only: ResourceType | undefined;
  readonly sotw: string;
  readonly delta: string;
}

/** https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#rpc-services-and-methods-for-each-variant */
export const streamPaths: readonly StreamPaths[] = [
  {
    only: undefined,
    sotw: AggregatedDiscoveryServiceService.streamAggregatedResources.path,
    delta: AggregatedDiscoveryServiceService.deltaAggregatedResources.path,
  },
  {
    only: 'cluster',
    sotw: ClusterDiscoveryServiceService.streamClusters.path,
    delta: ClusterDiscoveryServiceService.deltaClusters.path,
  },
  {
    only: 'endpoint',
    sotw: EndpointDiscoveryServiceService.streamEndpoints.path,
    delta: EndpointDiscoveryServiceService.deltaEndpoints.path,
  },
  {
    only: 'listener',
    sotw: ListenerDiscoveryServiceService.streamListeners.path,
    delta: ListenerDiscoveryServiceService.deltaListeners.path,
  },
  {
    only: 'scopedRoute',
    sotw: ScopedRoutesDiscoveryServiceService.streamScopedRoutes.path,
    delta: ScopedRoutesDiscoveryServiceService.deltaScopedRoutes.path,
  },
  {
    only: 'route',
    sotw: RouteDiscoveryServiceService.streamRoutes.path,
    delta: RouteDiscoveryServiceService.deltaRoutes.path,
  },
  {
    only: 'extension',
    sotw: ExtensionConfigDiscoveryServiceService.streamExtensionConfigs.path,
    delta: ExtensionConfigDiscoveryServiceService.deltaExtensionConfigs.path,
  },
  {
    only: 'secret',
    sotw: SecretDiscoveryServiceService.streamSecrets.path,
    delta: SecretDiscoveryServiceService.deltaSecrets.path,
  },
];

const decoders: { readonly [V in Variant]: (bytes: Uint8Array) => XdsRequest } = {
  sotw: decodeSotwRequest,
  delta: decodeDeltaRequest,
};

/** A bidirectional method that reads requests and writes responses which are encoded already. */
const streamMethod = (path: string, variant: Variant): MethodDefinition<XdsRequest, Buffer> => ({
  path,
  requestStream: true,
  responseStream: true,
  requestSerialize: () => {
    throw new Error('the server sends no requests');
  },
  requestDeserialize: decoders[variant],
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
});

export const serviceDefinition = ({ sotw, delta }: StreamPaths): ServiceDefinition => ({
  sotw: streamMethod(sotw, 'sotw'),
  delta: streamMethod(delta, 'delta'),
});
