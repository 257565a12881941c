import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redacted } from '../lib/redacted.ts';
import { type SpiffeId, serviceAccountId } from '../mesh/spiffe-id.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { CertificateRotation } from './certificate-rotation.ts';
import type { WorkloadCertificate } from './workload-certificate.ts';

const buyer = serviceAccountId('cluster.local', 'bookstore', 'bookbuyer');
const hour = 3_600_000;

/** A rotation of certificates that last thirty hours, whose chains are numbers in the order of their issue. */
function numbered({ random = 0 }: { random?: number } = {}) {
  const clock = new ManualClock();
  const seen = { issued: 0, renewed: [] as string[], failures: 0, broken: false };
  const issue = async (identity: SpiffeId): Promise<WorkloadCertificate> => {
    if (seen.broken) throw new Error('no');
    return {
      identity,
      chain: String(++seen.issued),
      privateKey: new Redacted(''),
      notBefore: clock.date(),
      notAfter: new Date(clock.date().getTime() + 30 * hour),
    };
  };
  const rotation = new CertificateRotation({
    issue,
    onRenewed: ({ chain }) => seen.renewed.push(chain),
    onFailure: () => seen.failures++,
    clock,
    random: () => random,
  });
  return { clock, seen, rotation };
}

/** Lets promises that are already settled have their say. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('those who ask at the same time get the same certificate', async () => {
  const { rotation, seen } = numbered();
  const both = await Promise.all([rotation.need(buyer), rotation.need(buyer)]);
  assert.deepEqual(
    both.map(({ chain }) => chain),
    ['1', '1'],
  );
  assert.equal((await rotation.need(buyer)).chain, '1');
  assert.equal(seen.issued, 1);
});

test('a certificate is renewed after two thirds of its life, a little earlier by chance', async () => {
  const cases: readonly (readonly [number, number])[] = [
    [0, 20 * hour],
    [0.75, 18.5 * hour],
  ];
  for (const [random, wait] of cases) {
    const { rotation, seen, clock } = numbered({ random });
    await rotation.need(buyer);
    clock.advance(wait - 1000);
    await settle();
    assert.deepEqual(seen.renewed, []);
    clock.advance(2000);
    await settle();
    assert.deepEqual(seen.renewed, ['2']);
    assert.equal(rotation.get(buyer)?.chain, '2');
  }
});

test('a failed renewal keeps the old certificate and is tried again', async () => {
  const { rotation, seen, clock } = numbered();
  await rotation.need(buyer);
  seen.broken = true;
  clock.advance(20 * hour);
  await settle();
  assert.equal(seen.failures, 1);
  assert.equal(rotation.get(buyer)?.chain, '1');
  seen.broken = false;
  clock.advance(30_000);
  await settle();
  assert.deepEqual(seen.renewed, ['2']);
});

test('a first certificate that cannot be issued is an error for who asked, and for nobody later', async () => {
  const { rotation, seen } = numbered();
  seen.broken = true;
  await assert.rejects(rotation.need(buyer), /no/);
  seen.broken = false;
  assert.equal((await rotation.need(buyer)).chain, '1');
});

test('what is no longer needed is forgotten and never renewed', async () => {
  const { rotation, seen, clock } = numbered();
  await rotation.need(buyer);
  rotation.keepOnly(new Set());
  assert.equal(rotation.get(buyer), undefined);
  clock.advance(100 * hour);
  await settle();
  assert.equal(seen.issued, 1);
  assert.equal(clock.untilNext, undefined);
});
