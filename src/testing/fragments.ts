/**
 * Blocks that many goldens have in common, by name: where a map has all of a fragment's entries, the golden says
 * `<<: name` in their place, as YAML merges maps. What the fragments are stands in one file, which is a golden as well:
 * when the code makes something else, the fragment no longer fits, and the goldens say in full what came out.
 */
import { Document, visit } from 'yaml';
import { isJsonMap, type JsonMap, sameJson } from '../lib/json.ts';

export type Fragments = Readonly<Record<string, JsonMap>>;

/** The value with each fragment it contains named. Earlier fragments are looked for first. */
export function nameFragments(value: unknown, fragments: Fragments, used: Set<string> = new Set()): unknown {
  if (Array.isArray(value)) return value.map((element) => nameFragments(element, fragments, used));
  if (!isJsonMap(value)) return value;
  const named: string[] = [];
  let rest = value;
  for (const [name, fragment] of Object.entries(fragments)) {
    const keys = Object.keys(fragment);
    if (!keys.every((key) => Object.hasOwn(rest, key) && sameJson(rest[key], fragment[key]))) continue;
    named.push(name);
    used.add(name);
    rest = Object.fromEntries(Object.entries(rest).filter(([key]) => !Object.hasOwn(fragment, key)));
  }
  const others = Object.entries(rest).map(([key, member]) => [key, nameFragments(member, fragments, used)]);
  const merge = named.length === 0 ? [] : [['<<', named.length === 1 ? named[0] : named]];
  return Object.fromEntries([...merge, ...others]);
}

const lineWidth = 110;

/** YAML in which what fits on a line stands on one. */
export function compactYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Collection(_, node) {
      if (JSON.stringify(node).length < lineWidth - 30) node.flow = true;
    },
  });
  return document.toString({ lineWidth, flowCollectionPadding: true });
}
