/** A minimal certificate authority: one self-signed root, one short-lived leaf per identity. */
// What x509 finds its algorithms by; without it, importing x509 throws.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Clock } from '../lib/clock.ts';
import { Redacted } from '../lib/redacted.ts';
import type { SpiffeId } from '../mesh/spiffe-id.ts';
import type { WorkloadCertificate } from './workload-certificate.ts';

/** ECDSA on P-256 with SHA-256. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const hour = 3_600_000;
const rootLifetime = 10 * 365 * 24 * hour;
const leafLifetime = 24 * hour;
/** Certificates are valid a little before they are made, for peers whose clocks are behind ours. */
const backdating = hour / 12;

/** A root certificate and the key that signs in its name. PEM both. */
export interface RootKeyPair {
  readonly certificate: string;
  readonly privateKey: Redacted<string>;
}

/** Makes a self-signed root for a trust domain. */
export async function createRoot(trustDomain: string, clock: Clock): Promise<RootKeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notBefore = new Date(clock.date().getTime() - backdating);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: [{ O: ['smi-envoy'] }, { CN: [`${trustDomain} root`] }],
      notBefore,
      notAfter: new Date(notBefore.getTime() + rootLifetime),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        // A signing certificate may carry the trust domain itself, which has no path.
        // https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md#2-spiffe-id
        new SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }]),
      ],
    },
    webcrypto as Crypto,
  );
  return { certificate: pem(certificate), privateKey: await exportKey(keys.privateKey) };
}

export class CertificateAuthority {
  /** PEM: what proxies believe. */
  readonly trustBundle: string;
  readonly #root: X509Certificate;
  readonly #signingKey: CryptoKey;
  readonly #clock: Clock;

  private constructor(root: X509Certificate, signingKey: CryptoKey, clock: Clock) {
    this.trustBundle = pem(root);
    this.#root = root;
    this.#signingKey = signingKey;
    this.#clock = clock;
  }

  /** Throws when the certificate may not sign others, is expired, or the key is not its own. */
  static async open(pair: RootKeyPair, clock: Clock): Promise<CertificateAuthority> {
    const root = new X509Certificate(pair.certificate);
    if (root.getExtension(BasicConstraintsExtension)?.ca !== true) {
      throw new Error(`${root.subject} is not the certificate of an authority: it may not sign others`);
    }
    if (root.notAfter <= clock.date()) {
      throw new Error(`${root.subject} expired on ${root.notAfter.toISOString()}`);
    }
    const signingKey = await importKey(pair.privateKey);
    if (!(await belongTogether(root, signingKey))) {
      throw new Error(`The private key does not belong to the certificate of ${root.subject}`);
    }
    return new CertificateAuthority(root, signingKey, clock);
  }

  async issue(identity: SpiffeId): Promise<WorkloadCertificate> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const now = this.#clock.date().getTime();
    const notBefore = new Date(now - backdating);
    const notAfter = new Date(Math.min(now + leafLifetime, this.#root.notAfter.getTime()));
    const leaf = await X509CertificateGenerator.create(
      {
        // Nobody reads the subject: it stays empty, and the identity is the one URI, marked critical as RFC 5280 wants.
        // https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6
        subject: '',
        issuer: this.#root.subject,
        notBefore,
        notAfter,
        signingAlgorithm: algorithm,
        publicKey: keys.publicKey,
        signingKey: this.#signingKey,
        extensions: leafExtensions(identity),
      },
      webcrypto as Crypto,
    );
    return { identity, chain: pem(leaf), privateKey: await exportKey(keys.privateKey), notBefore, notAfter };
  }
}

/** https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md#4-constraints-and-usage */
const leafExtensions = (identity: SpiffeId): Extension[] => [
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
  new SubjectAlternativeNameExtension([{ type: 'url', value: identity }], true),
];

const pem = (certificate: X509Certificate): string => `${certificate.toString('pem')}\n`;

const exportKey = async (key: CryptoKey): Promise<Redacted<string>> =>
  new Redacted(`${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`);

const importKey = (privateKey: Redacted<string>): Promise<CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(privateKey.reveal()), algorithm, false, ['sign']);

async function belongTogether(certificate: X509Certificate, privateKey: CryptoKey): Promise<boolean> {
  const probe = webcrypto.getRandomValues(new Uint8Array(32));
  const signature = await webcrypto.subtle.sign(algorithm, privateKey, probe);
  const publicKey = await certificate.publicKey.export(algorithm, ['verify'], webcrypto as Crypto);
  return webcrypto.subtle.verify(algorithm, publicKey, signature, probe);
}
