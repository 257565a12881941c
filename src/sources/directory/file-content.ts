import { isDeepStrictEqual } from 'node:util';
import type { ObjectChange } from '../../cluster/cluster-state.ts';
import { decodeObject } from '../../cluster/decode.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { isJsonMap } from '../../lib/json.ts';
import { parseManifests } from './manifest.ts';

/** An object, and where it was read. */
export interface HeldObject {
  readonly change: ObjectChange;
  /** `path/to/file.yaml:12` */
  readonly location: string;
}

/** What a file means: never less than it last meant, where it can no longer be understood. */
export interface FileContent {
  /** What the file says now, in its order. */
  readonly said: readonly HeldObject[];
  /** What it said before, where it cannot be told what it says now. */
  readonly kept: readonly HeldObject[];
  readonly problems: readonly Diagnostic[];
}

export const emptyFile: FileContent = { said: [], kept: [], problems: [] };

/** Something wrong with a file rather than with an object in it. */
export const fileProblem = (path: string, line: number | undefined, message: string): Diagnostic => ({
  severity: 'error',
  reason: 'InvalidYaml',
  object: { group: '', kind: 'File', namespace: '', name: path },
  field: '',
  message,
  location: line === undefined ? path : `${path}:${line}`,
});

/**
 * What a file's text means, given what it meant before. An object that was not understood stays as it was. Of a
 * document of which not even that can be told which object it is, any object that the file no longer says may be the
 * one: all of those stay.
 */
export function readManifestFile(path: string, text: string, before: FileContent): FileContent {
  const { manifests, problems: syntax } = parseManifests(text);
  const knownBefore = new Map([...before.kept, ...before.said].map(({ change }) => [idOf(change), change]));
  const said: HeldObject[] = [];
  const problems: Diagnostic[] = syntax.map(({ line, message }) => fileProblem(path, line, message));
  const misunderstood = new Set<string>();
  let anonymous = syntax.length > 0;
  for (const { value, lineOf } of manifests) {
    const decoded = decodeObject(value);
    if (decoded.outcome === 'ignored') continue;
    for (const problem of decoded.problems) {
      const severity = isForeign(value) ? 'warning' : problem.severity;
      problems.push({ ...problem, severity, location: `${path}:${lineOf(problem.field)}` });
    }
    if (decoded.outcome === 'object') {
      const known = knownBefore.get(idOf(decoded.change));
      const change = isDeepStrictEqual(known, decoded.change) && known !== undefined ? known : decoded.change;
      said.push({ change, location: `${path}:${lineOf('')}` });
    } else if (decoded.kind !== undefined && decoded.key !== undefined) {
      misunderstood.add(idOf({ kind: decoded.kind, key: decoded.key }));
    } else {
      anonymous = true;
    }
  }
  const saidNow = new Set(said.map(({ change }) => idOf(change)));
  const kept = [...before.said, ...before.kept].filter(({ change }) => {
    const id = idOf(change);
    return !saidNow.has(id) && (anonymous || misunderstood.has(id));
  });
  return { said, kept, problems };
}

/** Not meant for Kubernetes at all, such as the values of a chart that lie in the same directory. */
const isForeign = (value: unknown): boolean => isJsonMap(value) && !('kind' in value) && !('apiVersion' in value);

const idOf = ({ kind, key }: { readonly kind: string; readonly key: string }): string => `${kind} ${key}`;
