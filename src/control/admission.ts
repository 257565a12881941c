/** Who may connect: the sidecars of the pods that we know, as what they are. */
import { status } from '@grpc/grpc-js';
import { z } from 'zod';
import type { ClusterState } from '../cluster/cluster-state.ts';
import { err, ok, type Result } from '../lib/result.ts';
import type { MeshModel, Workload } from '../mesh/model.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { NodeInfo } from '../xds-server/api.ts';

/** What is known when somebody asks to be admitted. */
export interface KnownMesh {
  readonly state: Pick<ClusterState, 'Pod'>;
  readonly mesh: Pick<MeshModel, 'workloads'>;
}

export interface Refusal {
  readonly code: status;
  /** For the person who reads the Envoy's log: what is wrong, and what to change. */
  readonly message: string;
}

/** A namespace and a pod's name: DNS labels and a DNS subdomain, as Kubernetes has them. */
const nodeId = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

const metadataSchema = z.object({
  'smi-envoy.io': z.object({ sidecar: z.enum(['transparent', 'explicit']) }),
});

/** The workload that a node speaks for. `known` is undefined until everything has been read once. */
export function admitNode(node: NodeInfo, known: KnownMesh | undefined): Result<Workload, Refusal> {
  if (!nodeId.test(node.id)) {
    return refuse(
      status.INVALID_ARGUMENT,
      `node.id must be "<namespace>/<pod>", not ${JSON.stringify(node.id.slice(0, 200))}; ` +
        '`smi-envoy bootstrap <namespace>/<pod>` prints a bootstrap that is right',
    );
  }
  const metadata = metadataSchema.safeParse(node.metadata);
  if (!metadata.success) {
    return refuse(
      status.INVALID_ARGUMENT,
      `node.metadata must say {"smi-envoy.io": {"sidecar": "transparent" | "explicit"}}: ` +
        metadata.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  }
  if (known === undefined) {
    return refuse(status.UNAVAILABLE, 'not everything has been read yet; try again in a moment');
  }
  const key = node.id as NamespacedName;
  const workload = known.mesh.workloads.get(key);
  if (workload === undefined) return refuse(...whyNoWorkload(key, known));
  const declared = metadata.data['smi-envoy.io'].sidecar;
  if (declared !== workload.sidecar.mode) {
    return refuse(
      status.FAILED_PRECONDITION,
      `this Envoy was started as ${article(declared)} sidecar, but pod ${key} is annotated to have ` +
        `${article(workload.sidecar.mode)} one; print its bootstrap again`,
    );
  }
  return ok(workload);
}

function whyNoWorkload(key: NamespacedName, { state }: KnownMesh): [status, string] {
  const pod = state.Pod.get(key);
  if (pod === undefined) {
    return [status.NOT_FOUND, `pod ${key} is not known (yet); it is looked for again at the next attempt`];
  }
  if (pod.finished) return [status.FAILED_PRECONDITION, `pod ${key} has finished`];
  return [
    status.FAILED_PRECONDITION,
    `pod ${key} is not in the mesh; annotate it, or its namespace, with smi-envoy.io/sidecar: transparent or explicit`,
  ];
}

const article = (mode: 'transparent' | 'explicit'): string => (mode === 'explicit' ? 'an explicit' : 'a transparent');

const refuse = (code: status, message: string): Result<never, Refusal> => err({ code, message });
