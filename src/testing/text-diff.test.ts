import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textDiff } from './text-diff.ts';

const cases: Record<string, { readonly expected: string; readonly actual: string; readonly diff: string }> = {
  'equal texts do not differ': { expected: 'a\nb', actual: 'a\nb', diff: '' },
  'a changed line is one taken away and one added': {
    expected: 'a\nb\nc',
    actual: 'a\nB\nc',
    diff: '  a\n- b\n+ B\n  c',
  },
  'what is far from any difference is left out': {
    expected: '1\n2\n3\n4\n5\n6',
    actual: '1\n2\n3\n4\n5\nsix',
    diff: '  3\n  4\n  5\n- 6\n+ six',
  },
  'lines that moved are found': { expected: 'a\nb\nc\n', actual: 'b\nc\na\n', diff: '- a\n  b\n  c\n+ a\n  ' },
};

for (const [name, { expected, actual, diff }] of Object.entries(cases)) {
  test(name, () => assert.equal(textDiff(expected, actual), diff));
}
