/**
 * Requests as the rest of the server sees them: one shape for all variants of the protocol, read straight from the
 * wire. The node, which carries hundreds of extensions, is passed over and only opened when somebody wants it.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';

export interface XdsRequest {
  /** Empty when left out, which the per-type services allow. */
  readonly typeUrl: string;
  readonly nonce: string;
  /** What the client says against the response of this nonce; `undefined` when it accepts it. */
  readonly error: string | undefined;
  /** The encoded `Node`; only a stream's first request must have one. */
  readonly node: Uint8Array | undefined;
  readonly asks: SotwAsk | DeltaAsk;
}

/** State of the world: all names that the client wants from now on. */
export interface SotwAsk {
  readonly variant: 'sotw';
  readonly names: readonly string[];
  /** The version of the response that it accepted last, on this stream or an earlier one. */
  readonly versionInfo: string;
}

/** Incremental: the names that the client wants from now on, and those that it no longer wants. */
export interface DeltaAsk {
  readonly variant: 'delta';
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What the client has of an earlier stream: versions by name. */
  readonly initialVersions: readonly (readonly [name: string, version: string])[];
}

export type Variant = XdsRequest['asks']['variant'];

/** Reads a `DiscoveryRequest`. Throws on bytes that are none. */
export function decodeSotwRequest(bytes: Uint8Array): XdsRequest {
  const reader = new BinaryReader(bytes);
  const names: string[] = [];
  let [versionInfo, typeUrl, nonce] = ['', '', ''];
  let node: Uint8Array | undefined;
  let error: string | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) versionInfo = reader.string();
    else if (field === 2) node = reader.bytes();
    else if (field === 3) names.push(reader.string());
    else if (field === 4) typeUrl = reader.string();
    else if (field === 5) nonce = reader.string();
    else if (field === 6) error = statusMessage(reader.bytes());
    else reader.skip(wireType, field);
  }
  return { typeUrl, nonce, error, node, asks: { variant: 'sotw', names, versionInfo } };
}

/** Reads a `DeltaDiscoveryRequest`. Throws on bytes that are none. */
export function decodeDeltaRequest(bytes: Uint8Array): XdsRequest {
  const reader = new BinaryReader(bytes);
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  const initialVersions: (readonly [string, string])[] = [];
  let [typeUrl, nonce] = ['', ''];
  let node: Uint8Array | undefined;
  let error: string | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) node = reader.bytes();
    else if (field === 2) typeUrl = reader.string();
    else if (field === 3) subscribe.push(reader.string());
    else if (field === 4) unsubscribe.push(reader.string());
    else if (field === 5) initialVersions.push(mapEntry(reader.bytes()));
    else if (field === 6) nonce = reader.string();
    else if (field === 7) error = statusMessage(reader.bytes());
    else reader.skip(wireType, field);
  }
  return { typeUrl, nonce, error, node, asks: { variant: 'delta', subscribe, unsubscribe, initialVersions } };
}

function mapEntry(bytes: Uint8Array): readonly [string, string] {
  const reader = new BinaryReader(bytes);
  let [key, value] = ['', ''];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else reader.skip(wireType, field);
  }
  return [key, value];
}

/** The message of a `google.rpc.Status`. */
function statusMessage(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes);
  let message = '';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) message = reader.string();
    else reader.skip(wireType, field);
  }
  return message;
}
