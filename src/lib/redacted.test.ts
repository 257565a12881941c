import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format } from 'node:util';
import { Redacted } from './redacted.ts';

test('a redacted value shows nowhere but where it is revealed', () => {
  const secret = new Redacted('open sesame');
  const shown = [
    `${secret}`,
    JSON.stringify({ secret }),
    format('%o %s %j', secret, secret, secret),
    format({ secret }),
  ];
  assert.deepEqual(
    shown.filter((text) => text.includes('sesame')),
    [],
  );
  assert.equal(secret.reveal(), 'open sesame');
});
