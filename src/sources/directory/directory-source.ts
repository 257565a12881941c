import { readFileSync } from 'node:fs';
import { type Cancel, type Clock, systemClock } from '../../lib/clock.ts';
import type { Source, SourceListener, SourceStatus } from '../source.ts';
import { StateStore } from '../state-store.ts';
import { Collection } from './collection.ts';
import { type Walk, walkManifests } from './walk.ts';
import { WatchSet } from './watch-set.ts';

export interface DirectorySourceOptions {
  /** Of a directory, or of a single file. */
  readonly path: string;
  readonly clock?: Clock;
}

/** Milliseconds without another event until a save counts as done: programs write in several steps. */
const quiet = 15;

/** Milliseconds after which we look even while events keep coming. */
const patience = 60;

/** Milliseconds between looks without any event: for file systems that tell of none, such as network mounts. */
const interval = 2_000;

/** Milliseconds between looks while the directory is not there, or a file looks half written. */
const absentInterval = 100;

/**
 * Reads the manifests below a directory and follows their changes. An event only makes us look; what changed is found
 * by comparing what is there to what was there, so it does not matter how an editor saves or what the system reports.
 */
export class DirectorySource implements Source {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #store = new StateStore();
  readonly #collection: Collection;
  readonly #watches: WatchSet;
  #status: SourceStatus;
  #listener: SourceListener | undefined;
  #noticedAt: number | undefined;
  #cancel: Cancel | undefined;

  constructor({ path, clock = systemClock }: DirectorySourceOptions) {
    this.#path = path;
    this.#clock = clock;
    this.#collection = new Collection((file) => readFileSync(file, 'utf8'));
    this.#watches = new WatchSet(() => this.#noticed());
    this.#status = { part: path, condition: 'starting', message: '' };
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    this.#noticedAt = this.#clock.now();
    this.#cancel = this.#clock.soon(() => this.#look());
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#cancel?.();
    this.#watches.close();
  }

  status(): readonly SourceStatus[] {
    return [this.#status];
  }

  #noticed(): void {
    if (this.#listener === undefined) return;
    const now = this.#clock.now();
    this.#noticedAt ??= now;
    this.#lookAfter(Math.min(quiet, Math.max(0, this.#noticedAt + patience - now)));
  }

  #lookAfter(milliseconds: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(milliseconds, () => this.#look());
  }

  #look(): void {
    const noticedAt = this.#noticedAt ?? this.#clock.now();
    this.#noticedAt = undefined;
    const walk = this.#walk();
    if (walk === undefined) {
      this.#lookAfter(absentInterval);
      return;
    }
    this.#lookAfter(this.#collection.update(walk, Date.now()) ? absentInterval : interval);
    const { changes, problems } = this.#collection.compare(this.#store.state);
    for (const change of changes) this.#store.stage(change, noticedAt);
    this.#store.report('', problems, noticedAt);
    this.#tell('live', '');
    const update = this.#store.publish();
    if (update !== undefined) this.#listener?.onUpdate(update);
  }

  /** What is there. A directory that went away is no order to forget the mesh: what was read stays until it is back. */
  #walk(): Walk | undefined {
    this.#watches.begin();
    try {
      const walk = walkManifests(this.#path, (directory) => this.#watches.add(directory));
      this.#watches.sweep();
      return walk;
    } catch (error) {
      this.#tell(this.#status.condition === 'starting' ? 'starting' : 'stale', messageOf(error));
      return undefined;
    }
  }

  #tell(condition: SourceStatus['condition'], message: string): void {
    if (this.#status.condition === condition && this.#status.message === message) return;
    this.#status = { part: this.#path, condition, message };
    this.#listener?.onStatus(this.#status);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
