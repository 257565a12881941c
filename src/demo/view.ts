/** Everything that is shown of a running example, at one instant. */
import type { CallRow } from './call-rows.ts';
import type { DenialView } from './denials.ts';
import type { SplitView } from './splits.ts';

export interface View {
  /** Where the YAML is that can be edited. */
  readonly directory: string;
  readonly sidecars: { readonly upToDate: number; readonly total: number };
  /** Milliseconds since the start. */
  readonly upFor: number;
  readonly calls: readonly CallRow[];
  readonly splits: readonly SplitView[];
  readonly denials: readonly DenialView[];
  readonly lastChange: ChangeView | undefined;
  /** What is wrong with the YAML. */
  readonly problems: readonly string[];
  /** What is wrong with the processes. */
  readonly troubles: readonly string[];
}

export interface ChangeView {
  /** Time of day. */
  readonly time: string;
  readonly files: readonly string[];
  /** What it means for the mesh. */
  readonly lines: readonly string[];
  readonly resources: number;
  readonly proxies: number;
  /** From the file's change to the last sidecar's ACK; `undefined` until it came. */
  readonly ms: number | undefined;
}
