import type { Cancel, Clock } from '../lib/clock.ts';
import type { SpiffeId } from '../mesh/spiffe-id.ts';
import type { WorkloadCertificate } from './workload-certificate.ts';

/** How long after a failure it is tried again, in milliseconds. */
const retryAfter = 30_000;

export interface RotationOptions {
  readonly issue: (identity: SpiffeId) => Promise<WorkloadCertificate>;
  /** A held certificate was replaced. Not called for an identity's first. */
  readonly onRenewed: (certificate: WorkloadCertificate) => void;
  /** A certificate could not be renewed; the old one stays, and it is tried again. */
  readonly onFailure: (identity: SpiffeId, error: unknown) => void;
  readonly clock: Clock;
  /** A number from 0 to 1, not including 1: renewals of certificates issued together should not come together. */
  readonly random: () => number;
}

/** Holds one certificate for each identity that somebody needs, and renews each when two thirds of its life are over. */
export class CertificateRotation {
  readonly #options: RotationOptions;
  readonly #held = new Map<SpiffeId, { certificate: WorkloadCertificate; cancel: Cancel }>();
  readonly #underway = new Map<SpiffeId, Promise<WorkloadCertificate>>();
  #stopped = false;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  get(identity: SpiffeId): WorkloadCertificate | undefined {
    return this.#held.get(identity)?.certificate;
  }

  /** The identity's certificate, issued if there is none. From now on it is renewed, until it is no longer needed. */
  async need(identity: SpiffeId): Promise<WorkloadCertificate> {
    const known = this.get(identity) ?? this.#underway.get(identity);
    if (known !== undefined) return known;
    const issuing = this.#options.issue(identity).then((certificate) => {
      this.#hold(certificate);
      return certificate;
    });
    this.#underway.set(identity, issuing);
    try {
      return await issuing;
    } finally {
      this.#underway.delete(identity);
    }
  }

  /** Forgets the certificates of all other identities. */
  keepOnly(needed: ReadonlySet<SpiffeId>): void {
    for (const [identity, { cancel }] of this.#held) {
      if (needed.has(identity)) continue;
      cancel();
      this.#held.delete(identity);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.keepOnly(new Set());
  }

  #hold(certificate: WorkloadCertificate): void {
    if (this.#stopped) return;
    const { clock, random } = this.#options;
    const life = certificate.notAfter.getTime() - certificate.notBefore.getTime();
    const age = clock.date().getTime() - certificate.notBefore.getTime();
    // Between 3/5 and 2/3 of its life.
    const wait = Math.max(retryAfter, life * (2 / 3 - random() / 15) - age);
    const cancel = clock.after(wait, () => this.#renew(certificate.identity));
    this.#held.set(certificate.identity, { certificate, cancel });
  }

  #renew(identity: SpiffeId): void {
    this.#options.issue(identity).then(
      (certificate) => {
        if (!this.#held.has(identity)) return;
        this.#hold(certificate);
        this.#options.onRenewed(certificate);
      },
      (error: unknown) => {
        const held = this.#held.get(identity);
        if (held === undefined) return;
        held.cancel = this.#options.clock.after(retryAfter, () => this.#renew(identity));
        this.#options.onFailure(identity, error);
      },
    );
  }
}
