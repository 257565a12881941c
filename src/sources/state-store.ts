import { isDeepStrictEqual } from 'node:util';
import {
  applyChanges,
  type ClusterState,
  emptyClusterState,
  type ObjectChange,
  type ObjectKind,
  objectKinds,
} from '../cluster/cluster-state.ts';
import { byDiagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { SourceUpdate } from './source.ts';

/**
 * Gathers what a source reads and makes it, when asked, into the next immutable state. Many changes cost one copy of
 * the kinds they touch, and of several changes to one object only the last counts.
 */
export class StateStore {
  #state: ClusterState = emptyClusterState;
  readonly #staged = new Map<ObjectKind, Map<NamespacedName, ObjectChange>>();
  readonly #problems = new Map<string, readonly Diagnostic[]>();
  #problemsChanged = false;
  #noticedAt: number | undefined;
  #published = false;

  /** What was last published. */
  get state(): ClusterState {
    return this.#state;
  }

  /** Takes in a change for the next state. */
  stage(change: ObjectChange, now: number): void {
    let ofKind = this.#staged.get(change.kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      this.#staged.set(change.kind, ofKind);
    }
    ofKind.set(change.key, change);
    this.#noticedAt ??= now;
  }

  /** Replaces what was reported under this name; an empty list takes it back. */
  report(name: string, problems: readonly Diagnostic[], now: number): void {
    if (isDeepStrictEqual(this.#problems.get(name) ?? [], problems)) return;
    if (problems.length === 0) this.#problems.delete(name);
    else this.#problems.set(name, problems);
    this.#problemsChanged = true;
    this.#noticedAt ??= now;
  }

  /**
   * The next state, or `undefined` when it is no different from the last one published. The first is always given.
   * An object that says the same as the one we have stays that one, so that what was made from it stays too: most
   * updates that a Pod or EndpointSlice sees are of fields that we do not keep.
   */
  publish(): SourceUpdate | undefined {
    const changes: ObjectChange[] = [];
    for (const kind of objectKinds) {
      for (const change of this.#staged.get(kind)?.values() ?? []) {
        if (!isDeepStrictEqual(this.#state[kind].get(change.key), change.object)) changes.push(change);
      }
    }
    const problems = this.#problemsChanged
      ? [...this.#problems.values()].flat().sort(byDiagnostic)
      : this.#state.problems;
    const state = applyChanges(this.#state, changes, problems);
    const noticedAt = this.#noticedAt ?? 0;
    this.#staged.clear();
    this.#problemsChanged = false;
    this.#noticedAt = undefined;
    if (state === this.#state && this.#published) return undefined;
    this.#state = state;
    this.#published = true;
    return { state, changes, noticedAt };
  }
}
