import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { frameWriter, newFrame, prefixLength } from './frame.ts';

test('a frame says how long its message is', () => {
  const frame = newFrame(0x01_02_03);
  assert.deepEqual([...frame.subarray(0, prefixLength)], [0, 0, 1, 2, 3]);
  assert.equal(frame.length, prefixLength + 0x01_02_03);
});

test('a call with unknown insides is given the message without the prefix, to frame it itself', async () => {
  const written: string[] = [];
  const call = new Writable({
    objectMode: true,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk.toString());
      done();
    },
  });
  const { write, copies } = frameWriter(call as unknown as ServerDuplexStream<unknown, Buffer>);
  const frame = newFrame(5);
  frame.write('hello', prefixLength);
  await new Promise<void>((resolve) => write(frame, resolve));
  assert.equal(copies, true);
  assert.deepEqual(written, ['hello']);
});
