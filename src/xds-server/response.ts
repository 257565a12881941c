/** Responses as bytes, assembled from the bytes of resources. */
import { type ResourceType, resourceTypes, resourceTypeTable } from '../envoy/resource-type.ts';
import { contentHash } from '../lib/hash.ts';
import { byString } from '../lib/order.ts';
import type { Resource } from '../snapshot/resource.ts';
import { newFrame, prefixLength } from './frame.ts';
import type { Variant } from './request.ts';
import type { Reply } from './respond.ts';
import type { Batch } from './subscription.ts';

/** A response in its final bytes, the same for every stream that is to be told the same. */
export interface Response extends Reply {
  readonly nonce: string;
  /** The message behind its gRPC prefix: see `frame.ts`. */
  readonly frame: Buffer;
}

/** Says which version a state-of-the-world response is: equal for equal resources, whatever their order. */
export type StateVersion = (type: ResourceType, resources: readonly Resource[]) => string;

/** A hash of all names and versions: the same on every replica. */
export const hashOfVersions: StateVersion = (_type, resources) =>
  contentHash(
    resources
      .map(({ name, version }) => `${name}\n${version}\n`)
      .sort(byString)
      .join(''),
  );

/**
 * Assembles responses and remembers the latest, so that what is to be said to many streams is assembled once and the
 * same buffer goes to all of them, nonce included. Bounded by the bytes it keeps.
 */
export class ResponseAssembler {
  readonly #stateVersion: StateVersion;
  readonly #keepBytes: number;
  readonly #kept = new Map<string, Response[]>();
  #keptBytes = 0;
  #assembled = 0;

  constructor(stateVersion: StateVersion, keepBytes: number) {
    this.#stateVersion = stateVersion;
    this.#keepBytes = keepBytes;
  }

  /** How many responses were assembled; each may have been sent on many streams. */
  get assembled(): number {
    return this.#assembled;
  }

  /**
   * The response with this content. Its nonce is never `lastNonce`, which a stream was given last: a request with a nonce
   * must tell which of two responses in a row it is about, be they equal.
   */
  assemble(variant: Variant, type: ResourceType, reply: Reply, lastNonce: string | undefined): Response {
    const key = summary(variant, type, reply);
    const bucket = this.#kept.get(key) ?? [];
    const index = bucket.findIndex((response) => sameContent(response, reply));
    const known = bucket[index];
    if (known !== undefined && known.nonce !== lastNonce) {
      this.#kept.delete(key);
      this.#kept.set(key, bucket);
      return sameBatch(known.batch, reply.batch) ? known : { ...known, batch: reply.batch };
    }
    this.#assembled++;
    const nonce = this.#assembled.toString(36);
    const frame =
      variant === 'delta'
        ? encodeDelta(type, reply, nonce)
        : encodeSotw(type, reply, nonce, this.#stateVersion(type, reply.resources));
    const response: Response = { ...reply, nonce, frame };
    if (known === undefined) bucket.push(response);
    else bucket[index] = response;
    this.#keptBytes += frame.length - (known?.frame.length ?? 0);
    this.#kept.delete(key);
    this.#kept.set(key, bucket);
    this.#evict();
    return response;
  }

  /** Forgets what was not asked for the longest. */
  #evict(): void {
    for (const [key, bucket] of this.#kept) {
      if (this.#keptBytes <= this.#keepBytes) return;
      this.#kept.delete(key);
      for (const { frame } of bucket) this.#keptBytes -= frame.length;
    }
  }
}

/** Equal for equal contents, and different for most others. */
const summary = (variant: Variant, type: ResourceType, { resources, removed }: Reply): string =>
  [
    ...[variant, type, resources.length, resources[0]?.version, resources[resources.length >>> 1]?.version],
    ...[resources.at(-1)?.version, removed.length, removed[0], removed.at(-1)],
  ].join(' ');

const sameContent = (a: Reply, b: Reply): boolean =>
  sameSequence(a.resources, b.resources) && sameSequence(a.removed, b.removed);

const sameBatch = (a: Batch, b: Batch): boolean => sameSequence(a.ids, b.ids) && sameSequence(a.resources, b.resources);

function sameSequence(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

// The fields of the two response messages, all length-delimited.
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/discovery/v3/discovery.proto
const sotw = { versionInfo: 1, resources: 2, typeUrl: 4, nonce: 5 } as const;
const delta = { resources: 2, typeUrl: 4, nonce: 5, removedResources: 6 } as const;
const deltaResource = { version: 1, resource: 2, name: 3 } as const;
const any = { typeUrl: 1, value: 2 } as const;

const typeUrls = Object.fromEntries(
  resourceTypes.map((type) => [type, Buffer.from(resourceTypeTable[type].typeUrl)]),
) as unknown as { readonly [T in ResourceType]: Buffer };

const anySize = (type: ResourceType, { bytes }: Resource): number =>
  fieldSize(typeUrls[type].length) + fieldSize(bytes.length);

const deltaResourceSize = (type: ResourceType, resource: Resource): number =>
  fieldSize(Buffer.byteLength(resource.version)) +
  fieldSize(anySize(type, resource)) +
  fieldSize(Buffer.byteLength(resource.name));

function encodeSotw(type: ResourceType, { resources }: Reply, nonce: string, version: string): Buffer {
  let size = stringSize(version) + fieldSize(typeUrls[type].length) + stringSize(nonce);
  for (const resource of resources) size += fieldSize(anySize(type, resource));
  const writer = new Writer(size);
  writer.string(sotw.versionInfo, version);
  for (const resource of resources) {
    writer.header(sotw.resources, anySize(type, resource));
    writer.any(type, resource);
  }
  writer.bytes(sotw.typeUrl, typeUrls[type]);
  writer.string(sotw.nonce, nonce);
  return writer.finish();
}

function encodeDelta(type: ResourceType, { resources, removed }: Reply, nonce: string): Buffer {
  let size = fieldSize(typeUrls[type].length) + stringSize(nonce);
  for (const resource of resources) size += fieldSize(deltaResourceSize(type, resource));
  for (const name of removed) size += stringSize(name);
  const writer = new Writer(size);
  for (const resource of resources) {
    writer.header(delta.resources, deltaResourceSize(type, resource));
    writer.string(deltaResource.version, resource.version);
    writer.header(deltaResource.resource, anySize(type, resource));
    writer.any(type, resource);
    writer.string(deltaResource.name, resource.name);
  }
  writer.bytes(delta.typeUrl, typeUrls[type]);
  writer.string(delta.nonce, nonce);
  for (const name of removed) writer.string(delta.removedResources, name);
  return writer.finish();
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Of a length-delimited field with a number below 16. */
const fieldSize = (length: number): number => 1 + varintSize(length) + length;

const stringSize = (text: string): number => fieldSize(Buffer.byteLength(text));

/** Writes length-delimited fields into a frame of the size that was reckoned before. */
class Writer {
  readonly #buffer: Buffer;
  #at: number;

  constructor(size: number) {
    this.#buffer = newFrame(size);
    this.#at = prefixLength;
  }

  header(field: number, length: number): void {
    this.#buffer[this.#at++] = (field << 3) | 2;
    let rest = length;
    while (rest >= 0x80) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at++] = rest;
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.header(field, bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  string(field: number, text: string): void {
    this.header(field, Buffer.byteLength(text));
    this.#at += this.#buffer.write(text, this.#at);
  }

  any(type: ResourceType, { bytes }: Resource): void {
    this.bytes(any.typeUrl, typeUrls[type]);
    this.bytes(any.value, bytes);
  }

  finish(): Buffer {
    if (this.#at !== this.#buffer.length) {
      throw new Error(`a frame of ${this.#at} bytes was reckoned to have ${this.#buffer.length}`);
    }
    return this.#buffer;
  }
}
