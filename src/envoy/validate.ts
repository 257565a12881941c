/**
 * Whether Envoy would accept a resource, judged before it is sent: by the protoc-gen-validate rules of its API, and by
 * what it asks beyond them. One bad resource makes Envoy refuse the good ones of the same response, too.
 */
import type { Any } from '../gen/google/protobuf/any.ts';
import type { Duration } from '../gen/google/protobuf/duration.ts';
import { type FurtherChecks, type RuleViolation, validators } from '../gen/validators.ts';
import { packedCodec } from './any.ts';
import { checkCluster, checkEndpoints } from './cluster-checks.ts';
import type { EnvoyResource } from './envoy-resource.ts';
import { checkFilterChain, checkHttpFilters, checkListener } from './listener-checks.ts';
import type { ResourceType } from './resource-type.ts';
import {
  checkAddedHeader,
  checkRegex,
  checkRemovedHeaders,
  checkRetryPolicy,
  checkRouteAction,
  checkRouteConfiguration,
  checkWeightedCluster,
} from './route-checks.ts';
import type { Violation, Violations } from './violation.ts';

/** What is wrong with a resource; nothing when Envoy would take it. What it refers to is not looked at. */
export function validateResource(resource: EnvoyResource): readonly Violation[] {
  const violations: Violations = [];
  const { field, name } = messageName(resource);
  if (name !== resource.name)
    violations.push({ path: field, reason: `is ${name}, but the resource is ${resource.name}` });
  if (resource.name === '') violations.push({ path: field, reason: 'must not be empty' });
  checkMessage(messageTypes[resource.type], resource.message, violations);
  if (resource.type === 'endpoint') checkEndpoints(resource.message, '', violations);
  return violations;
}

/** The message has a name of its own, which Envoy goes by. */
function messageName(resource: EnvoyResource): { readonly field: string; readonly name: string } {
  return resource.type === 'endpoint'
    ? { field: 'cluster_name', name: resource.message.clusterName ?? '' }
    : { field: 'name', name: resource.message.name ?? '' };
}

const messageTypes: Record<ResourceType, keyof typeof validators> = {
  secret: 'envoy.extensions.transport_sockets.tls.v3.Secret',
  cluster: 'envoy.config.cluster.v3.Cluster',
  endpoint: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
  listener: 'envoy.config.listener.v3.Listener',
  scopedRoute: 'envoy.config.route.v3.ScopedRouteConfiguration',
  route: 'envoy.config.route.v3.RouteConfiguration',
  extension: 'envoy.config.core.v3.TypedExtensionConfig',
};

type Validator = (message: unknown, violations: Violations, further: FurtherChecks) => void;
const validatorOf = new Map(Object.entries(validators)) as unknown as ReadonlyMap<string, Validator>;

/** A message without rules has no validator. */
function checkMessage(fullName: string, message: unknown, violations: Violations): void {
  validatorOf.get(fullName)?.(message, violations, furtherChecks);
}

/** What was found in an Any. They are made once and shared between messages: a filter's configuration, say. */
const opened = new WeakMap<Any, readonly Violation[]>();

function checkAny(any: Any, violations: Violations): void {
  let found = opened.get(any);
  if (found === undefined) {
    found = open(any);
    opened.set(any, found);
  }
  violations.push(...found.map((violation) => ({ ...violation })));
}

/** Messages that we never pack are passed over: nobody here could read them. */
function open({ typeUrl = '', value = Buffer.alloc(0) }: Any): readonly Violation[] {
  const codec = packedCodec(typeUrl);
  if (codec === undefined) return [];
  const violations: RuleViolation[] = [];
  checkMessage(codec.$type, codec.decode(value), violations);
  return violations;
}

function checkDuration({ seconds = 0, nanos = 0 }: Duration, violations: Violations): void {
  if (seconds < 0 || nanos < 0) violations.push({ path: '', reason: 'must not be negative' });
}

const furtherChecks: FurtherChecks = {
  'google.protobuf.Any': checkAny,
  'google.protobuf.Duration': checkDuration,
  'envoy.config.cluster.v3.Cluster': checkCluster,
  'envoy.config.core.v3.HeaderValueOption': checkAddedHeader,
  'envoy.config.listener.v3.FilterChain': checkFilterChain,
  'envoy.config.listener.v3.Listener': checkListener,
  'envoy.config.route.v3.RetryPolicy': checkRetryPolicy,
  'envoy.config.route.v3.Route': checkRemovedHeaders,
  'envoy.config.route.v3.RouteAction': checkRouteAction,
  'envoy.config.route.v3.RouteConfiguration': checkRouteConfiguration,
  'envoy.config.route.v3.VirtualHost': checkRemovedHeaders,
  'envoy.config.route.v3.WeightedCluster': checkWeightedCluster,
  'envoy.config.route.v3.WeightedCluster.ClusterWeight': checkRemovedHeaders,
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager': checkHttpFilters,
  'envoy.type.matcher.v3.RegexMatcher': checkRegex,
};
