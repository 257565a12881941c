import assert from 'node:assert/strict';
import { test } from 'node:test';
import { styleOf } from './style.ts';
import { table } from './table.ts';

test('columns are as wide as what is seen of their widest cell', () => {
  const { good } = styleOf({ color: true });
  assert.equal(
    table(
      ['PROXY', 'STATE'],
      [
        ['shop/web-1', good('ok')],
        ['shop/w', ''],
      ],
    ),
    `PROXY       STATE\nshop/web-1  ${good('ok')}\nshop/w\n`,
  );
  assert.equal(table(['PROXY'], []), '');
});
