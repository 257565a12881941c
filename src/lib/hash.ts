import { hash } from 'node:crypto';

/**
 * 20 characters that stand for the bytes: 120 bits of SHA-256. Short enough to be kept for every resource, and long
 * enough that nobody who writes configuration can make two contents that share one.
 */
export const contentHash = (content: Uint8Array | string): string =>
  hash('sha256', content, 'buffer').subarray(0, 15).toString('base64url');
