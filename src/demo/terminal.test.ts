import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsColour } from './terminal.ts';

test('colours are for terminals, unless told otherwise', () => {
  const cases: [boolean, Record<string, string>, boolean][] = [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
  ];
  for (const [isTerminal, env, wanted] of cases) assert.equal(wantsColour(isTerminal, env), wanted);
});
