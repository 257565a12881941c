import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename } from 'node:path';

/**
 * Watches a set of directories that each round of looking settles anew. Only says *that* something may have changed:
 * what did is found by looking, so events that are lost, doubled or misnamed do no harm.
 */
export class WatchSet {
  readonly #onEvent: () => void;
  readonly #watches = new Map<string, { readonly watcher: FSWatcher; readonly inode: string; round: number }>();
  #round = 0;

  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  /** Begins a round: directories not added again until `sweep` are no longer watched. */
  begin(): void {
    this.#round++;
  }

  /** Does nothing where watching is impossible (no such directory, no inotify handles left): looking again finds it. */
  add(directory: string): void {
    try {
      const { dev, ino, birthtimeNs } = statSync(directory, { bigint: true });
      const inode = [dev, ino, birthtimeNs].join(':');
      const known = this.#watches.get(directory);
      if (known !== undefined && known.inode === inode) {
        known.round = this.#round;
        return;
      }
      known?.watcher.close();
      this.#watches.delete(directory);
      const watcher = watch(directory, { persistent: true });
      this.#watches.set(directory, { watcher, inode, round: this.#round });
      watcher.on('change', (_event, name) => {
        // The directory's own name is told when it was itself deleted or moved: this watch is dead.
        if (name === basename(directory)) this.#drop(directory, watcher);
        this.#onEvent();
      });
      watcher.on('error', () => {
        this.#drop(directory, watcher);
        this.#onEvent();
      });
    } catch {
      this.#watches.delete(directory);
    }
  }

  sweep(): void {
    for (const [directory, { watcher, round }] of this.#watches) {
      if (round !== this.#round) this.#drop(directory, watcher);
    }
  }

  close(): void {
    for (const { watcher } of this.#watches.values()) watcher.close();
    this.#watches.clear();
  }

  #drop(directory: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watches.get(directory)?.watcher === watcher) this.#watches.delete(directory);
  }
}
