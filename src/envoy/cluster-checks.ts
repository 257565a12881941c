/** What Envoy asks of clusters beyond its protoc-gen-validate rules: refused by a real one in conformance/envoy. */
import { type Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster.ts';
import type { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint.ts';
import { checkIpAddress } from './listener-checks.ts';
import type { Violations } from './violation.ts';

export function checkCluster(cluster: Cluster, violations: Violations): void {
  const discovery = cluster.clusterDiscoveryType;
  const type = discovery?.$case === 'type' ? discovery.value : undefined;
  if (type === Cluster_DiscoveryType.EDS && cluster.edsClusterConfig?.edsConfig === undefined) {
    violations.push({ path: 'eds_cluster_config.eds_config', reason: 'is required for the type EDS' });
  }
  const isOriginalDestination = type === Cluster_DiscoveryType.ORIGINAL_DST;
  if (isOriginalDestination && cluster.loadAssignment !== undefined) {
    violations.push({ path: 'load_assignment', reason: 'is not allowed for the type ORIGINAL_DST' });
  }
  // Clusters of extension types are none of ours.
  const providesBalancing = cluster.lbPolicy === Cluster_LbPolicy.CLUSTER_PROVIDED;
  if (discovery?.$case !== 'clusterType' && isOriginalDestination !== providesBalancing) {
    violations.push({
      path: 'lb_policy',
      reason: 'must be CLUSTER_PROVIDED for the type ORIGINAL_DST, and only for that',
    });
  }
  const isStatic = type === undefined ? discovery === undefined : type === Cluster_DiscoveryType.STATIC;
  if (isStatic && cluster.loadAssignment !== undefined) {
    checkEndpoints(cluster.loadAssignment, 'load_assignment.', violations);
  }
}

/** Endpoints that are given, not looked up in DNS. */
export function checkEndpoints({ endpoints = [] }: ClusterLoadAssignment, path: string, violations: Violations): void {
  for (const [group, { lbEndpoints = [] }] of endpoints.entries()) {
    for (const [index, { hostIdentifier }] of lbEndpoints.entries()) {
      if (hostIdentifier?.$case !== 'endpoint') continue;
      const place = `${path}endpoints[${group}].lb_endpoints[${index}].endpoint.address`;
      const { address } = hostIdentifier.value;
      if (address === undefined) violations.push({ path: place, reason: 'is required' });
      else checkIpAddress(address, place, violations);
    }
  }
}
