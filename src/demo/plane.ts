/** The control plane as the demo uses it: in this process, on a directory. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { MeshModel, Workload } from '../mesh/model.ts';
import type { NamespacedName } from '../objects/object-ref.ts';

/** What came of one change of what is read. */
export interface Round {
  readonly mesh: MeshModel;
  readonly problems: readonly Diagnostic[];
  readonly resourcesChanged: number;
  readonly proxiesTouched: number;
}

export interface PlaneListener {
  readonly onRound: (round: Round) => void;
  /** A sidecar has acknowledged everything that was published for it. */
  readonly onSynced: () => void;
}

export interface Plane {
  /** The latest; the first one is there from the beginning. */
  readonly round: Round;
  /** Of the proxies that are connected: whether each has acknowledged everything that was published for it. */
  readonly proxies: ReadonlyMap<NamespacedName, { readonly upToDate: boolean }>;
  /** The Envoy bootstrap of a workload's sidecar, as JSON. */
  bootstrapOf(workload: Workload): string;
  /** From now on; replaces the listener before. */
  listen(listener: PlaneListener): void;
  stop(): Promise<void>;
}

export async function openPlane(directory: string): Promise<Plane> {
  throw new Error(`not yet: ${directory}`);
}
