import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

const bytes = (message: Buffer): Buffer => message;

const method = (name: string, streams: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Echo/${name}`,
  originalName: name,
  requestStream: streams,
  responseStream: streams,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

/** A gRPC service whose messages are whatever bytes one likes. */
export const echo = { Say: method('Say', false), Chat: method('Chat', true) } satisfies ServiceDefinition;
