/**
 * The reference that the control plane is measured beside: grpc-js sending the same bytes to the same streams, and
 * nothing else. It answers the first request of each type with responses recorded from the control plane, and on
 * command writes one recorded change to every stream. Runs as a process of its own.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type handleBidiStreamingCall, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { DeltaDiscoveryRequest } from '../../src/gen/envoy/service/discovery/v3/discovery.ts';
import type { BareCommand, BareReport } from './bare-protocol.ts';

type Stream = ServerDuplexStream<DeltaDiscoveryRequest, Buffer>;

const report = (message: BareReport) => process.send?.(message);
const streams = new Set<Stream>();
let recorded = new Map<string, readonly Buffer[]>();

async function send(stream: Stream, responses: readonly Buffer[]): Promise<void> {
  for (const response of responses) {
    if (!stream.write(response)) await once(stream, 'drain');
  }
}

const serve: handleBidiStreamingCall<DeltaDiscoveryRequest, Buffer> = (stream) => {
  const answered = new Set<string>();
  streams.add(stream);
  stream.on('data', ({ typeUrl = '' }: DeltaDiscoveryRequest) => {
    if (answered.has(typeUrl)) return;
    answered.add(typeUrl);
    send(stream, recorded.get(typeUrl) ?? []).catch(() => streams.delete(stream));
  });
  stream.on('end', () => stream.end());
  stream.on('close', () => streams.delete(stream));
  stream.on('error', () => streams.delete(stream));
};

const server = new Server();
server.addService(
  {
    deltaAggregatedResources: {
      path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      requestStream: true,
      responseStream: true,
      requestSerialize: (value: DeltaDiscoveryRequest) => Buffer.from(DeltaDiscoveryRequest.encode(value).finish()),
      requestDeserialize: (value: Buffer) => DeltaDiscoveryRequest.decode(value),
      responseSerialize: (value: Buffer) => value,
      responseDeserialize: (value: Buffer) => value,
    },
  },
  { deltaAggregatedResources: serve },
);

process.on('message', (command: BareCommand) => {
  switch (command.type) {
    case 'serve':
      recorded = new Map(
        command.recordings.map(({ typeUrl, files }) => [typeUrl, files.map((file) => readFileSync(file))]),
      );
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) throw error;
        report({ type: 'listening', port });
      });
      return;
    case 'change': {
      const response = readFileSync(command.file);
      const started = String(process.hrtime.bigint());
      for (const stream of streams) stream.write(response);
      report({ type: 'changed', started });
      return;
    }
  }
});
process.on('disconnect', () => process.exit(0));
