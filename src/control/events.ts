/** What the control plane says of itself while it runs. */
import type { ClusterState, ObjectChange } from '../cluster/cluster-state.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { MeshModel } from '../mesh/model.ts';
import type { SourceStatus } from '../sources/source.ts';
import type { ProxyId, XdsEvent } from '../xds-server/api.ts';

/** One change of what is read, or several that came together, as far as the streams. */
export interface Publication {
  /** Of the xDS server's publications. */
  readonly sequence: number;
  readonly changes: readonly ObjectChange[];
  readonly state: ClusterState;
  readonly mesh: MeshModel;
  /** `undefined` for the first. */
  readonly before: MeshModel | undefined;
  readonly resourcesChanged: number;
  readonly proxiesTouched: number;
  /** When the source first noticed, by the control plane's clock. */
  readonly noticedAt: number;
  /** From there until everything was handed to the streams. Milliseconds. */
  readonly publishedAfter: number;
  /** The part of it that was spent on the mesh, its translation and the snapshots. Milliseconds. */
  readonly rebuiltIn: number;
}

export type ControlEvent =
  | { readonly type: 'published'; readonly publication: Publication }
  /** Every proxy that the publication concerned has acknowledged it, or has gone. At once when it concerned none. */
  | {
      readonly type: 'settled';
      readonly publication: Publication;
      /** From the moment the source noticed to the last ACK. */
      readonly milliseconds: number;
    }
  /** These proxies have not acknowledged the publication for a long time. */
  | { readonly type: 'overdue'; readonly publication: Publication; readonly proxies: readonly ProxyId[] }
  | { readonly type: 'diagnostics'; readonly appeared: readonly Diagnostic[]; readonly cleared: readonly Diagnostic[] }
  | { readonly type: 'source'; readonly status: SourceStatus }
  | { readonly type: 'xds'; readonly event: XdsEvent }
  /** We are wrong: something that cannot be, is. What was served before is still served. */
  | { readonly type: 'fault'; readonly doing: string; readonly error: unknown };

export type ControlListener = (event: ControlEvent) => void;
