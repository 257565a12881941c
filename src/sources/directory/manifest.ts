import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import { placedObjectsIn } from '../../cluster/decode.ts';

/** One YAML or JSON document, and where in its file each of its fields stands. */
export interface Manifest {
  readonly value: unknown;
  /** Line, from 1, of the field or, where it is not written, of the nearest field around it that is. */
  readonly lineOf: (fieldPath: string) => number;
}

export interface SyntaxProblem {
  readonly line: number;
  readonly message: string;
}

/** The documents of one file that are well-formed, and what is wrong with the others. Never throws. */
export interface ManifestFile {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly SyntaxProblem[];
}

export function parseManifests(text: string): ManifestFile {
  const lines = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const manifests: Manifest[] = [];
  const problems: SyntaxProblem[] = [];
  const options = { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'silent' } as const;
  for (const document of parseAllDocuments(text, options)) {
    if (document.errors.length > 0) {
      const [first] = document.errors;
      if (first !== undefined) problems.push({ line: lineAt(first.pos[0]), message: sentence(first.message) });
      continue;
    }
    try {
      for (const { object, path } of placedObjectsIn(document.toJS())) {
        if (object === null) continue;
        const lineOf = (field: string) => lineAt(offsetOf(document, [...path, ...parseFieldPath(field)]));
        manifests.push({ value: object, lineOf });
      }
    } catch (error) {
      // Aliases are resolved only now: an unknown one, or too many.
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ line: lineAt(offsetOf(document, [])), message: sentence(message) });
    }
  }
  return { manifests, problems };
}

/** The steps of `spec.backends[1].weight` and of `metadata.annotations["smi-envoy.io/mode"]`. */
function parseFieldPath(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [, index, quoted, bracketed, name] of path.matchAll(
    /\[(\d+)\]|\[["']([^"']*)["']\]|\[([^\]]*)\]|([^.[\]]+)/g,
  )) {
    steps.push(index === undefined ? (quoted ?? bracketed ?? name ?? '') : Number(index));
  }
  return steps;
}

function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: ParsedNode | null | undefined = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document) as ParsedNode | undefined;
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair: { readonly key: ParsedNode; readonly value: ParsedNode | null } | undefined = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq<ParsedNode>(node)) {
      const item: ParsedNode | undefined = typeof step === 'number' ? node.items[step] : undefined;
      if (item === undefined) break;
      offset = item.range[0];
      node = item;
    } else {
      break;
    }
  }
  return offset;
}

const sentence = (message: string): string => message.replace(/\s+/g, ' ').trim();
