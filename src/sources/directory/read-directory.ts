import { readFileSync } from 'node:fs';
import type { ClusterState } from '../../cluster/cluster-state.ts';
import { systemClock } from '../../lib/clock.ts';
import { StateStore } from '../state-store.ts';
import { Collection } from './collection.ts';
import { walkManifests } from './walk.ts';

/** What the manifests of a directory, or of a single file, say now. Throws when there is no such thing to read. */
export function readDirectory(path: string): ClusterState {
  const collection = new Collection((file) => readFileSync(file, 'utf8'));
  collection.update(
    walkManifests(path, () => {}),
    Date.now(),
  );
  const store = new StateStore();
  const { changes, problems } = collection.compare(store.state);
  const now = systemClock.now();
  for (const change of changes) store.stage(change, now);
  store.report('', problems, now);
  store.publish();
  return store.state;
}
