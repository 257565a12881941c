/** Who may do what at a port, in the words of Envoy's RBAC. The union of the grants (rule R32); no grant, nobody (R34). */
import { pack, typeUrlOf } from '../envoy/any.ts';
import type { EnvoyResource } from '../envoy/envoy-resource.ts';
import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { type Policy, type Principal, type RBAC, RBAC_Action } from '../gen/envoy/config/rbac/v3/rbac.ts';
import { RBAC as HttpRbac, RBACPerRoute } from '../gen/envoy/extensions/filters/http/rbac/v3/rbac.ts';
import type { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { RBAC as NetworkRbac } from '../gen/envoy/extensions/filters/network/rbac/v3/rbac.ts';
import type { Any } from '../gen/google/protobuf/any.ts';
import { byString } from '../lib/order.ts';
import type { Access, Grant } from '../mesh/model.ts';
import type { SpiffeId } from '../mesh/spiffe-id.ts';
import { type ObjectRef, refKey } from '../objects/object-ref.ts';
import { discoveredFilter } from './extension.ts';
import { permission } from './http-match.ts';
import { names } from './names.ts';
import { matchesExactly } from './regex.ts';

export const httpRbacName = 'envoy.filters.http.rbac';

const principal = (caller: SpiffeId): Principal => ({
  identifier: { $case: 'authenticated', value: { principalName: matchesExactly(caller) } },
});

const policy = ({ callers, requests }: Grant): Policy => ({
  permissions: requests === 'any' ? [{ rule: { $case: 'any', value: true } }] : requests.map(permission),
  principals: callers.map(principal),
});

/** Policies are named by their TrafficTarget: that is the name Envoy gives in its statistics and access logs. */
function allow(grants: readonly Grant[]): RBAC {
  const policies: [string, Policy][] = [];
  for (const grant of grants) {
    const target = refKey(grant.origin);
    const earlier = policies.filter(([name]) => name === target || name.startsWith(`${target}#`)).length;
    policies.push([earlier === 0 ? target : `${target}#${earlier + 1}`, policy(grant)]);
  }
  return {
    action: RBAC_Action.ALLOW,
    policies: Object.fromEntries(policies.sort(([a], [b]) => byString(a, b))),
  };
}

/** Denies everything: what a listener enforces until, and unless, its routes say otherwise. Access fails closed. */
export const httpRbacFilter: HttpFilter = {
  name: httpRbacName,
  configType: { $case: 'typedConfig', value: pack(HttpRbac, { rules: allow([]) }) },
};

/** The policy of a port, for its route configuration: so a change of policy is no change of listener. */
export function httpAccess({ mode, grants }: Access): Any {
  switch (mode) {
    case 'enforce':
      return pack(RBACPerRoute, { rbac: { rules: allow(grants) } });
    case 'audit':
      return pack(RBACPerRoute, { rbac: { shadowRules: allow(grants) } });
    case 'permissive':
      return pack(RBACPerRoute, {});
  }
}

/** Counts what a TCP port would refuse. Enforcing is done in the TLS handshake: this filter comes too late for that. */
export const discoveredAuditFilter = (port: number): Filter =>
  discoveredFilter(names.inboundAudit(port), [typeUrlOf(NetworkRbac)]);

/** What the filter goes by, in a resource of its own: a change of policy is no change of listener. */
export function tcpAudit(
  port: number,
  { grants }: Access,
  services: readonly ObjectRef[],
): EnvoyResource & { type: 'extension' } {
  const name = names.inboundAudit(port);
  const rbac: NetworkRbac = { statPrefix: names.inbound(port), shadowRules: allow(grants) };
  return {
    type: 'extension',
    name,
    message: { name, typedConfig: pack(NetworkRbac, rbac) },
    origins: [...services, ...grants.map(({ origin }) => origin)],
  };
}
