/**
 * Messages with their gRPC prefix already before them, so that one buffer can be written to any number of streams.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 *
 * grpc-js puts the prefix before a message by copying it, for each stream: two hundred Envoys that start at once cost two
 * hundred copies of everything they are sent. Where its insides are as we know them, the frame goes straight to the
 * HTTP/2 stream of the call; where they are not, grpc-js copies as ever and nothing else changes.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';

/** One byte that says "not compressed", four that say how long the message is. */
export const prefixLength = 5;

/** A frame for a message of this size, which is to be written behind the prefix. */
export function newFrame(size: number): Buffer {
  // Not out of Node's pool: it is kept for as long as the slowest stream needs it.
  const frame = Buffer.allocUnsafeSlow(prefixLength + size);
  frame[0] = 0;
  frame.writeUInt32BE(size, 1);
  return frame;
}

export type WriteFrame = (frame: Buffer, flushed: () => void) => void;

/** How frames are written to a call, and whether it takes a copy of each. */
export function frameWriter(call: ServerDuplexStream<unknown, Buffer>): {
  readonly write: WriteFrame;
  readonly copies: boolean;
} {
  const inner: unknown = 'call' in call ? call.call : undefined;
  if (!isKnownCall(inner)) {
    return { copies: true, write: (frame, flushed) => void call.write(frame.subarray(prefixLength), flushed) };
  }
  const { stream } = inner;
  return {
    copies: false,
    write: (frame, flushed) => {
      // As grpc-js does: what is written to a call that has ended is dropped.
      if (stream.destroyed || stream.closed || stream.writableEnded) {
        flushed();
        return;
      }
      inner.maybeSendMetadata();
      stream.write(frame, flushed);
    },
  };
}

/** What we use of a `BaseServerInterceptingCall` of grpc-js 1.14. */
interface KnownCall {
  readonly stream: {
    readonly destroyed: boolean;
    readonly closed: boolean;
    readonly writableEnded: boolean;
    write(chunk: Buffer, flushed: () => void): boolean;
  };
  maybeSendMetadata(): void;
}

const isKnownCall = (inner: unknown): inner is KnownCall =>
  typeof inner === 'object' &&
  inner !== null &&
  'maybeSendMetadata' in inner &&
  typeof inner.maybeSendMetadata === 'function' &&
  'stream' in inner &&
  typeof inner.stream === 'object' &&
  inner.stream !== null &&
  'write' in inner.stream &&
  typeof inner.stream.write === 'function' &&
  'closed' in inner.stream &&
  'writableEnded' in inner.stream;
