import type { AccessMode } from './model.ts';

/** How a pod's traffic meets its sidecar; `none` where it has no sidecar. */
export type SidecarKind = 'transparent' | 'explicit' | 'none';

/** What the operator decides for the whole mesh. Namespaces and pods may decide otherwise for themselves by annotation. */
export interface MeshOptions {
  /** Of every identity: `spiffe://<trust domain>/…`. */
  readonly trustDomain: string;
  /** The DNS domain below which Services have their names. */
  readonly clusterDomain: string;
  readonly defaultMode: AccessMode;
  readonly defaultSidecar: SidecarKind;
  /** Whether a TrafficTarget may give access to the pods of another namespace than its own (rule R33). */
  readonly crossNamespaceTargets: boolean;
}

export const defaultMeshOptions: MeshOptions = {
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  defaultMode: 'enforce',
  defaultSidecar: 'none',
  crossNamespaceTargets: false,
};
