import { BinaryReader } from '@bufbuild/protobuf/wire';
import { z } from 'zod';
import { Struct } from '../gen/google/protobuf/struct.ts';
import { err, ok, type Result } from '../lib/result.ts';
import type { NodeInfo } from './api.ts';

const schema = z.object({
  id: z.string().min(1, 'is missing').max(512, 'is longer than 512 characters'),
  cluster: z.string().max(512, 'is longer than 512 characters'),
  metadata: z.record(z.string(), z.unknown()),
  userAgent: z.string(),
});

/**
 * What is kept of an encoded `Node`; hundreds of extensions are skipped unread. The error says what is wrong with it,
 * for whoever configures the client.
 */
export function decodeNode(bytes: Uint8Array | undefined): Result<NodeInfo, string> {
  if (bytes === undefined) return err('the first request of a stream must carry a node');
  let node: unknown;
  try {
    node = readNode(bytes);
  } catch (error) {
    return err(`the node cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = schema.safeParse(node);
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map(({ path, message }) => `node.${path.join('.')} ${message}`).join('; '));
}

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/base.proto#config-core-v3-node */
function readNode(bytes: Uint8Array): unknown {
  const reader = new BinaryReader(bytes);
  let [id, cluster, agent, version] = ['', '', '', ''];
  let metadata: unknown = {};
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) id = reader.string();
    else if (field === 2) cluster = reader.string();
    else if (field === 3) metadata = Struct.unwrap(Struct.decode(reader.bytes()));
    else if (field === 6) agent = reader.string();
    else if (field === 7) version = reader.string();
    else if (field === 8) version = readBuildVersion(reader.bytes());
    else reader.skip(wireType, field);
  }
  return { id, cluster, metadata, userAgent: [agent, version].filter((part) => part !== '').join(' ') };
}

/** `major.minor.patch` of a `BuildVersion`. */
function readBuildVersion(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== 1) {
      reader.skip(wireType, field);
      continue;
    }
    const parts = [0, 0, 0];
    const inner = new BinaryReader(reader.bytes());
    while (inner.pos < inner.len) {
      const [part, partType] = inner.tag();
      if (part >= 1 && part <= 3) parts[part - 1] = inner.uint32();
      else inner.skip(partType, part);
    }
    return parts.join('.');
  }
  return '';
}
