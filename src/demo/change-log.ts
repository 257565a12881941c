import type { MeshModel } from '../mesh/model.ts';
import { describeChange } from './changes.ts';
import { compareListings, type FileListing, listFiles } from './file-listing.ts';
import type { Round } from './plane.ts';
import type { ChangeView } from './view.ts';

export interface ChangeLogOptions {
  readonly directory: string;
  /** As the directory was when `mesh` was read from it. */
  readonly listing: FileListing;
  readonly mesh: MeshModel;
  /** Whether every sidecar has acknowledged all that was published. */
  readonly upToDate: () => boolean;
  /** A change has been acknowledged by all whom it concerns, or concerned nobody. */
  readonly onDone: (change: ChangeView) => void;
}

/** Traces what the control plane did back to the files that were changed, and follows it until the last ACK. */
export class ChangeLog {
  readonly #options: ChangeLogOptions;
  #listing: FileListing;
  #mesh: MeshModel;
  #traced: Promise<void> = Promise.resolve();
  #last: ChangeView | undefined;
  /** When the file of the last change was written, while that change is not done yet. */
  #pendingSince: number | undefined;
  #syncedAt = 0;

  constructor(options: ChangeLogOptions) {
    this.#options = options;
    this.#listing = options.listing;
    this.#mesh = options.mesh;
  }

  get last(): ChangeView | undefined {
    return this.#last;
  }

  /** The control plane has published something, or found that there is nothing to publish. */
  onRound(round: Round): void {
    this.#traced = this.#traced.then(() => this.#trace(round));
  }

  /** A sidecar has acknowledged everything that was published for it. */
  onSynced(): void {
    if (!this.#options.upToDate()) return;
    this.#syncedAt = Date.now();
    this.#settle();
  }

  async #trace(round: Round): Promise<void> {
    const listing = await listFiles(this.#options.directory);
    const found = compareListings(this.#listing, listing);
    this.#listing = listing;
    const lines = describeChange(this.#mesh, round.mesh);
    this.#mesh = round.mesh;
    if (found === undefined) return;
    this.#pendingSince = found.at;
    this.#last = {
      time: new Date(found.at).toTimeString().slice(0, 8),
      files: found.files,
      lines,
      resources: round.resourcesChanged,
      proxies: round.proxiesTouched,
      ms: undefined,
    };
    if (round.proxiesTouched === 0) this.#syncedAt = Date.now();
    // The ACKs may have been faster than the listing.
    if (this.#options.upToDate()) this.#settle();
  }

  #settle(): void {
    if (this.#last === undefined || this.#pendingSince === undefined) return;
    // A file's time of change has the kernel's resolution, a few milliseconds, and is rounded differently than ours.
    this.#last = { ...this.#last, ms: Math.max(0, this.#syncedAt - this.#pendingSince) };
    this.#pendingSince = undefined;
    this.#options.onDone(this.#last);
  }
}
