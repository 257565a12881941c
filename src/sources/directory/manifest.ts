import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';

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
    if (document.contents === null) continue;
    try {
      collect(document, document.toJS(), lineAt, manifests);
    } catch (error) {
      // Aliases are resolved only now: an unknown one, or too many.
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ line: lineAt(document.contents.range[0]), message: sentence(message) });
    }
  }
  return { manifests, problems };
}

/** Adds a document's object, or each of its items when it is a list of objects. */
function collect(
  document: Document.Parsed,
  value: unknown,
  lineAt: (offset: number) => number,
  into: Manifest[],
): void {
  const add = (object: unknown, prefix: readonly (string | number)[]) => {
    into.push({
      value: object,
      lineOf: (fieldPath) => lineAt(offsetOf(document, [...prefix, ...parseFieldPath(fieldPath)])),
    });
  };
  if (isList(value)) {
    for (const [index, item] of value.items.entries()) add(typed(item, value), ['items', index]);
  } else if (value !== null) {
    add(value, []);
  }
}

interface ObjectList {
  readonly apiVersion?: unknown;
  readonly kind: string;
  readonly items: readonly unknown[];
}

/** Items of a typed list, such as an API server's `ServiceList`, leave out what the list says of all of them. */
function typed(item: unknown, list: ObjectList): unknown {
  if (list.kind === 'List' || typeof item !== 'object' || item === null) return item;
  return { apiVersion: list.apiVersion, kind: list.kind.slice(0, -'List'.length), ...item };
}

/** `kind: List` of any mixture, as `kubectl get -o yaml` writes it, or a typed one. */
const isList = (value: unknown): value is ObjectList =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  typeof value.kind === 'string' &&
  value.kind.endsWith('List') &&
  'items' in value &&
  Array.isArray(value.items);

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
