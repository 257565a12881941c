import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { DiagnosticsBoard } from './diagnostics-board.ts';

const wrong = (name: string): Diagnostic => ({
  severity: 'warning',
  reason: 'BackendMissing',
  object: { group: 'split.smi-spec.io', kind: 'TrafficSplit', namespace: 'shop', name },
  field: '',
  message: 'It is missing.',
});

const names = (diagnostics: readonly Diagnostic[]) => diagnostics.map(({ object }) => object.name);

test('each problem is said once when it appears and once when it is gone', () => {
  const board = new DiagnosticsBoard<'mesh' | 'reading'>();
  assert.deepEqual(names(board.post('mesh', [wrong('b'), wrong('a')]).appeared), ['b', 'a']);
  assert.deepEqual(names(board.current()), ['a', 'b']);
  const second = board.post('mesh', [wrong('a'), wrong('c')]);
  assert.deepEqual([names(second.appeared), names(second.cleared)], [['c'], ['b']]);
  assert.deepEqual(board.post('mesh', [wrong('a'), wrong('c')]), { appeared: [], cleared: [] });
});

test('what two find alike is there until neither does', () => {
  const board = new DiagnosticsBoard<'mesh' | 'reading'>();
  board.post('mesh', [wrong('a')]);
  assert.deepEqual(board.post('reading', [wrong('a')]), { appeared: [], cleared: [] });
  assert.deepEqual(board.post('mesh', []), { appeared: [], cleared: [] });
  assert.deepEqual(names(board.post('reading', []).cleared), ['a']);
  assert.deepEqual(board.current(), []);
});
