/**
 * From what was read to the mesh. Written as if everything were built anew each time; each step remembers its last
 * result and returns the same objects for the same inputs, so only what changed costs anything.
 */
import type { ClusterState } from '../cluster/cluster-state.ts';
import { byDiagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import { memoizeLast } from '../lib/memo.ts';
import { createAddresses } from './addresses.ts';
import { createBackings } from './backings.ts';
import { createIdentityBindings } from './identity-bindings.ts';
import type { MeshModel } from './model.ts';
import type { MeshOptions } from './options.ts';
import { createPods } from './pods.ts';
import { createCallers, createReach } from './reach.ts';
import { createRefusedBackends } from './refused-backends.ts';
import { createRouteGroups } from './route-groups.ts';
import { createRoutings } from './routings.ts';
import { createServicePorts } from './service-ports.ts';
import { createSplits } from './splits.ts';
import { createTargets } from './targets.ts';
import { createWorkloads } from './workloads.ts';

/**
 * Makes a builder for one mesh, which remembers what it built last. The model depends on the objects of the state only,
 * not on their order nor on what was built before; objects in it that did not change are the same as in the last one.
 * Diagnostics are those of the mesh, sorted; those of reading are in the state (`problems`).
 */
export function createMeshBuilder(options: MeshOptions): (state: ClusterState) => MeshModel {
  const podsOf = createPods(options);
  const backingsOf = createBackings();
  const addressesOf = createAddresses();
  const routeGroupsOf = createRouteGroups();
  const splitsOf = createSplits(options);
  const routingsOf = createRoutings();
  const bindingsOf = createIdentityBindings(options);
  const targetsOf = createTargets(options);
  const workloadsOf = createWorkloads();
  const callersOf = createCallers();
  const reachOf = createReach();
  const refusedBackendsOf = createRefusedBackends();
  const servicePortsOf = createServicePorts();
  const sortedDiagnostics = memoizeLast((...parts: readonly (readonly Diagnostic[])[]) =>
    parts.flat().sort(byDiagnostic),
  );

  return memoizeLast((state: ClusterState): MeshModel => {
    const pods = podsOf(state.Pod, state.Namespace);
    const backings = backingsOf(state.Service, state.EndpointSlice, pods);
    const addresses = addressesOf(backings.all);

    const groups = routeGroupsOf(state.HTTPRouteGroup);
    const splits = splitsOf(state.TrafficSplit, state.Service, groups);
    const routings = routingsOf(splits);

    const bindings = bindingsOf(state.IdentityBinding, pods);
    const targets = targetsOf(state.TrafficTarget, bindings, groups, state.TCPRoute, state.UDPRoute, pods);
    const workloads = workloadsOf(pods, backings.all, targets);

    const callers = callersOf(workloads.byPod);
    const reach = reachOf(callers, backings.all, routings.edges);
    return {
      services: servicePortsOf(backings.all, routings, addresses, reach.openToAll),
      workloads: workloads.byPod,
      reach: reach.byIdentity,
      diagnostics: sortedDiagnostics(
        pods.diagnostics,
        backings.diagnostics,
        addresses.diagnostics,
        groups.diagnostics,
        splits.diagnostics,
        routings.diagnostics,
        bindings.diagnostics,
        targets.diagnostics,
        workloads.diagnostics,
        refusedBackendsOf(routings.split, callers, backings.all),
      ),
    };
  });
}
