/** Finding out which resource of a rejected response is the bad one. */

/** Characters that resource names are made of: a name inside a longer one is not quoted. */
const partOfName = /[\w./:@-]/;

/** The suspects whose names stand in what the client said. */
export function quotedNames(
  message: string,
  suspects: readonly number[],
  nameOf: (id: number) => string,
): ReadonlySet<number> {
  return new Set(suspects.filter((id) => isQuoted(message, nameOf(id))));
}

function isQuoted(message: string, name: string): boolean {
  for (let at = message.indexOf(name); at >= 0 && name !== ''; at = message.indexOf(name, at + 1)) {
    const before = message[at - 1];
    if (before !== undefined && partOfName.test(before)) continue;
    // Punctuation that ends a sentence or leads to the reason may follow: `cluster(s) a: unknown`.
    const after = message.slice(at + name.length, at + name.length + 2);
    if (after === '' || !partOfName.test(after[0] ?? '') || /^[.:](?:\s|$)/.test(after)) return true;
  }
  return false;
}

/**
 * The groups in which suspects are tried: the unsuspicious ones together and each quoted one alone, or in halves when
 * the message helps no further. Every group is smaller than the whole, so trying ends.
 */
export function splitSuspects(
  suspects: readonly number[],
  quoted: ReadonlySet<number>,
): readonly (readonly number[])[] {
  if (suspects.length <= 1) return [suspects];
  if (quoted.size > 0 && quoted.size < suspects.length) {
    const rest = suspects.filter((id) => !quoted.has(id));
    return [rest, ...[...quoted].map((id) => [id])];
  }
  const middle = Math.ceil(suspects.length / 2);
  return [suspects.slice(0, middle), suspects.slice(middle)];
}
