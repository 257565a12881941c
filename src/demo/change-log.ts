import type { Publication } from '../control/events.ts';
import { describeChange } from './changes.ts';
import { compareListings, type FileListing, listFiles } from './file-listing.ts';
import type { ChangeView } from './view.ts';

export interface ChangeLogOptions {
  readonly directory: string;
  /** As the directory was when the control plane read it first. */
  readonly listing: FileListing;
  /** A change has been acknowledged by all whom it concerns, or concerned nobody. */
  readonly onSettled: (change: ChangeView) => void;
}

/** Traces what the control plane published back to the files that were changed, and follows it until the last ACK. */
export class ChangeLog {
  readonly #options: ChangeLogOptions;
  /** Traced and not settled, by publication. */
  readonly #pending = new Map<Publication, { readonly change: ChangeView; readonly at: number }>();
  #listing: FileListing;
  /** Listing takes time; one after the other. */
  #traced: Promise<void> = Promise.resolve();
  #last: ChangeView | undefined;

  constructor(options: ChangeLogOptions) {
    this.#options = options;
    this.#listing = options.listing;
  }

  /** The latest change, settled or not. */
  get last(): ChangeView | undefined {
    return this.#last;
  }

  onPublished(publication: Publication): void {
    this.#traced = this.#traced.then(() => this.#trace(publication));
  }

  onSettled(publication: Publication): void {
    const settledAt = Date.now();
    this.#traced = this.#traced.then(() => this.#settle(publication, settledAt));
  }

  async #trace(publication: Publication): Promise<void> {
    const listing = await listFiles(this.#options.directory);
    const found = compareListings(this.#listing, listing);
    this.#listing = listing;
    if (found === undefined) return;
    const { before, mesh, resourcesChanged, proxiesTouched } = publication;
    this.#last = {
      time: new Date(found.at).toTimeString().slice(0, 8),
      files: found.files,
      lines: before === undefined ? [] : describeChange(before, mesh),
      resources: resourcesChanged,
      proxies: proxiesTouched,
      ms: undefined,
    };
    this.#pending.set(publication, { change: this.#last, at: found.at });
  }

  #settle(publication: Publication, settledAt: number): void {
    const pending = this.#pending.get(publication);
    if (pending === undefined) return;
    this.#pending.delete(publication);
    // A file's time has the resolution of the kernel's ticks, which may be a little ahead of ours when both are rounded.
    const change = { ...pending.change, ms: Math.max(0, settledAt - pending.at) };
    if (this.#last === pending.change) this.#last = change;
    this.#options.onSettled(change);
  }
}
