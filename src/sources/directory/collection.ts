import { hash } from 'node:crypto';
import { sep } from 'node:path';
import { type ClusterState, type ObjectChange, type ObjectKind, objectKinds } from '../../cluster/cluster-state.ts';
import { resources } from '../../cluster/resources.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { NamespacedName, ObjectRef } from '../../objects/object-ref.ts';
import { emptyFile, type FileContent, fileProblem, type HeldObject, readManifestFile } from './file-content.ts';
import type { FoundFile, Walk } from './walk.ts';

/** Milliseconds that an emptied file is given to be filled again: some programs empty a file first, then write it. */
const emptyFor = 250;

/** Milliseconds within which a file system's clock may give two writes the same time. */
const clockGrain = 50;

/** The manifests of a directory as they were last understood, and what they say together. */
export class Collection {
  readonly #read: (path: string) => string;
  #files = new Map<string, KnownFile>();
  #lostSight: Walk['problems'] = [];

  constructor(read: (path: string) => string) {
    this.#read = read;
  }

  /**
   * Takes in what is there now, reading only what changed. `now` is in milliseconds since the epoch, as files have it.
   * True when a file looks as if somebody were still writing it, so that one should look again soon.
   */
  update(walk: Walk, now: number): boolean {
    let unfinished = false;
    const files = new Map<string, KnownFile>();
    for (const found of walk.files) {
      const known = this.#files.get(found.path);
      if (known !== undefined && found.size === 0 && known.hash !== '' && now - found.modifiedAt < emptyFor) {
        unfinished = true;
        files.set(found.path, known);
      } else {
        files.set(found.path, this.#look(found, known, now));
      }
    }
    // What cannot be looked at is not gone.
    for (const [path, known] of this.#files) {
      if (!files.has(path) && walk.problems.some((problem) => isBelow(path, problem.path))) files.set(path, known);
    }
    this.#files = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#lostSight = walk.problems;
    return unfinished;
  }

  #look(found: FoundFile, known: KnownFile | undefined, now: number): KnownFile {
    // A file written to twice within one tick of the clock looks the same after both.
    const signature = now - found.modifiedAt < clockGrain ? '' : found.signature;
    if (known !== undefined && known.signature !== '' && known.signature === found.signature) return known;
    const before = known?.content ?? emptyFile;
    try {
      const text = this.#read(found.path);
      const digest = text === '' ? '' : hash('sha256', text);
      if (known !== undefined && known.hash === digest) return { ...known, signature };
      return { signature, hash: digest, content: readManifestFile(found.path, text, before) };
    } catch (error) {
      const problems = [fileProblem(found.path, undefined, `cannot be read: ${String(error)}`)];
      return { signature: '', hash: undefined, content: { said: before.said, kept: before.kept, problems } };
    }
  }

  /** What has to change in a state to make it say what the files say, and everything that is wrong with them. */
  compare(state: ClusterState): {
    readonly changes: readonly ObjectChange[];
    readonly problems: readonly Diagnostic[];
  } {
    const problems = this.#lostSight.map(({ path, message }) => fileProblem(path, undefined, message));
    const objects = new Map<ObjectKind, Map<NamespacedName, HeldObject>>();
    for (const kind of objectKinds) objects.set(kind, new Map());
    const ofKind = (kind: ObjectKind) => objects.get(kind) as Map<NamespacedName, HeldObject>;
    for (const { content } of this.#files.values()) {
      problems.push(...content.problems);
      for (const held of content.said) {
        const { kind, key } = held.change;
        const first = ofKind(kind).get(key);
        if (first === undefined) ofKind(kind).set(key, held);
        else problems.push(duplicate(held, first));
      }
    }
    // What a broken file said before stays, unless another file says it now.
    for (const { content } of this.#files.values()) {
      for (const held of content.kept) {
        if (!ofKind(held.change.kind).has(held.change.key)) ofKind(held.change.kind).set(held.change.key, held);
      }
    }
    const changes: ObjectChange[] = [];
    for (const kind of objectKinds) {
      for (const key of state[kind].keys()) {
        if (!ofKind(kind).has(key)) changes.push({ kind, key, object: undefined });
      }
      for (const { change } of ofKind(kind).values()) {
        if (state[kind].get(change.key) !== change.object) changes.push(change);
      }
    }
    return { changes, problems };
  }
}

interface KnownFile {
  /** Empty when it has to be read again next time. */
  readonly signature: string;
  /** Of the text; empty for an empty file, `undefined` when it could not be read. */
  readonly hash: string | undefined;
  readonly content: FileContent;
}

const isBelow = (path: string, directory: string): boolean => path === directory || path.startsWith(directory + sep);

const duplicate = ({ change, location }: HeldObject, first: HeldObject): Diagnostic => ({
  severity: 'error',
  reason: 'DuplicateObject',
  object: refOfChange(change),
  field: '',
  message: `is also written at ${first.location}, and that counts`,
  location,
});

function refOfChange({ kind, object }: ObjectChange): ObjectRef {
  const group = resources.find((resource) => resource.kind === kind)?.group ?? '';
  return { group, kind, namespace: object?.meta.namespace ?? '', name: object?.meta.name ?? '' };
}
