import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { systemClock } from '../lib/clock.ts';
import { serviceAccountId } from '../mesh/spiffe-id.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { CertificateAuthority, createRoot } from './certificate-authority.ts';

const buyer = serviceAccountId('cluster.local', 'bookstore', 'bookbuyer');
const seller = serviceAccountId('cluster.local', 'bookstore', 'bookstore');

test('a leaf says who it is for, for a day, and for both ends of a connection', async () => {
  const clock = new ManualClock();
  const authority = await CertificateAuthority.open(await createRoot('cluster.local', clock), clock);
  const issued = await authority.issue(buyer);
  const leaf = new X509Certificate(issued.chain);
  const root = new X509Certificate(authority.trustBundle);
  assert.deepEqual(
    {
      names: leaf.subjectAltName,
      usage: leaf.keyUsage,
      authority: leaf.ca,
      notBefore: leaf.validFromDate.toISOString(),
      notAfter: leaf.validToDate.toISOString(),
      signedByRoot: leaf.verify(root.publicKey) && leaf.checkIssued(root),
      ownKey: leaf.checkPrivateKey(createPrivateKey(issued.privateKey.reveal())),
    },
    {
      names: 'URI:spiffe://cluster.local/ns/bookstore/sa/bookbuyer',
      usage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
      authority: false,
      notBefore: '2025-12-31T23:55:00.000Z',
      notAfter: '2026-01-02T00:00:00.000Z',
      signedByRoot: true,
      ownKey: true,
    },
  );
});

test('a private key shows in no print of a certificate', async () => {
  const clock = new ManualClock();
  const root = await createRoot('cluster.local', clock);
  const leaf = await (await CertificateAuthority.open(root, clock)).issue(buyer);
  const shown = [inspect(leaf), JSON.stringify(leaf), inspect(root), JSON.stringify(root)];
  assert.deepEqual(
    shown.filter((text) => text.includes('PRIVATE KEY')),
    [],
  );
  assert.match(leaf.privateKey.reveal(), /^-----BEGIN PRIVATE KEY-----/);
});

test('two holders of leaves believe each other', async (t) => {
  const authority = await CertificateAuthority.open(await createRoot('cluster.local', systemClock), systemClock);
  const own = async (identity: typeof buyer) => {
    const { chain, privateKey } = await authority.issue(identity);
    return { cert: chain, key: privateKey.reveal(), ca: authority.trustBundle, minVersion: 'TLSv1.3' as const };
  };
  const server = createServer({ ...(await own(seller)), requestCert: true, rejectUnauthorized: true });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const client = connect({
    ...(await own(buyer)),
    port: (server.address() as AddressInfo).port,
    // Identities are URIs, not host names: the name is checked by Envoy's own rules.
    checkServerIdentity: () => undefined,
  });
  t.after(() => client.destroy());
  const [peer] = await accepted;
  t.after(() => peer.destroy());
  assert.equal(peer.getPeerCertificate().subjectaltname, 'URI:spiffe://cluster.local/ns/bookstore/sa/bookbuyer');
  assert.equal(peer.authorized, true);
});

test('a root that cannot sign is refused when it is opened', async (t) => {
  const clock = new ManualClock();
  const root = await createRoot('cluster.local', clock);
  const leaf = await (await CertificateAuthority.open(root, clock)).issue(buyer);
  const other = await createRoot('cluster.local', clock);
  const tooLate = new ManualClock();
  tooLate.advance(11 * 365 * 24 * 3_600_000);
  const cases = {
    'a leaf': [{ certificate: leaf.chain, privateKey: leaf.privateKey }, clock, /it may not sign others/],
    'the key of another root': [{ ...root, privateKey: other.privateKey }, clock, /does not belong/],
    'an expired root': [root, tooLate, /expired on 2035-12-29/],
  } as const;
  for (const [name, [pair, at, message]] of Object.entries(cases)) {
    await t.test(name, () => assert.rejects(CertificateAuthority.open(pair, at), message));
  }
});
