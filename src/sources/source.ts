/** What every source promises, wherever it reads from. */
import type { ClusterState, ObjectChange } from '../cluster/cluster-state.ts';

export interface SourceUpdate {
  /** Never half of a mesh: the first update comes when everything has been read once. */
  readonly state: ClusterState;
  /** How it differs from the update before, for the log. Empty when only the problems changed. */
  readonly changes: readonly ObjectChange[];
  /** When the source first noticed one of the changes: `now()` of its clock, in milliseconds. */
  readonly noticedAt: number;
}

/**
 * How reading goes. `starting`: not read yet. `live`: read, and following changes. `stale`: cannot be read at the moment;
 * what was read before still counts. `absent`: there is no such kind on the server, so there are no objects of it.
 */
export type SourceCondition = 'starting' | 'live' | 'stale' | 'absent';

export interface SourceStatus {
  /** What is read: a kind, or the path of the directory. */
  readonly part: string;
  readonly condition: SourceCondition;
  /** One sentence for the operator; empty when there is nothing to say. */
  readonly message: string;
}

export interface SourceListener {
  readonly onUpdate: (update: SourceUpdate) => void;
  /** A part's condition or message changed. What users wrote wrongly is not told here: it is in `state.problems`. */
  readonly onStatus: (status: SourceStatus) => void;
}

/** Reads objects from somewhere and follows their changes until stopped. Trouble of the outside is retried for ever. */
export interface Source {
  /** Once in a source's life. Callbacks never come from within this call. */
  start(listener: SourceListener): void;
  /** No callback comes after this call; resolves when nothing is left open. */
  stop(): Promise<void>;
  /** Of every part, now. */
  status(): readonly SourceStatus[];
}
