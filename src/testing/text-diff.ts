/** What differs between two texts, line by line, with a little of what is around it. */
export function textDiff(expected: string, actual: string, context = 3): string {
  const [a, b] = [expected.split('\n'), actual.split('\n')];
  const edits = editScript(a, b);
  const near = new Set<number>();
  edits.forEach(({ sign }, index) => {
    if (sign === ' ') return;
    for (let i = index - context; i <= index + context; i++) near.add(i);
  });
  const lines: string[] = [];
  edits.forEach(({ sign, line }, index) => {
    if (near.has(index)) lines.push(`${sign} ${line}`);
    else if (near.has(index - 1)) lines.push('  …');
  });
  return lines.join('\n');
}

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** By longest common subsequence, after what begins and ends alike. Goldens are small: quadratic is good enough. */
function editScript(a: readonly string[], b: readonly string[]): readonly Edit[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [from, to] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];

  // common[i][j]: length of the longest common subsequence of what follows line i of `from` and line j of `to`.
  const common = Array.from({ length: from.length + 1 }, () => new Uint32Array(to.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      const row = common[i];
      if (row !== undefined) row[j] = from[i] === to[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const edits: Edit[] = a.slice(0, head).map((line) => ({ sign: ' ', line }));
  for (let i = 0, j = 0; i < from.length || j < to.length; ) {
    const [removed, added] = [from[i], to[j]];
    if (removed !== undefined && removed === added) {
      edits.push({ sign: ' ', line: removed });
      i++;
      j++;
    } else if (removed !== undefined && (added === undefined || at(i + 1, j) >= at(i, j + 1))) {
      edits.push({ sign: '-', line: removed });
      i++;
    } else if (added !== undefined) {
      edits.push({ sign: '+', line: added });
      j++;
    }
  }
  return [...edits, ...a.slice(a.length - tail).map((line): Edit => ({ sign: ' ', line }))];
}
