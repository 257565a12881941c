/**
 * `google.protobuf.Any`: a message inside a message. Every message that we ever put in one stands in the table below,
 * so that whoever meets an Any (to validate it, to print it) can open it.
 */
import { StdoutAccessLog } from '../gen/envoy/extensions/access_loggers/stream/v3/stream.ts';
import {
  RBAC as HttpRbac,
  RBACPerRoute as HttpRbacPerRoute,
} from '../gen/envoy/extensions/filters/http/rbac/v3/rbac.ts';
import { Router } from '../gen/envoy/extensions/filters/http/router/v3/router.ts';
import { Config as SetMetadata } from '../gen/envoy/extensions/filters/http/set_metadata/v3/set_metadata.ts';
import { OriginalDst } from '../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst.ts';
import { TlsInspector } from '../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.ts';
import { Config as DirectResponse } from '../gen/envoy/extensions/filters/network/direct_response/v3/config.ts';
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { RBAC as NetworkRbac } from '../gen/envoy/extensions/filters/network/rbac/v3/rbac.ts';
import { TcpProxy } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts';
import { Route as UdpRoute } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/route.ts';
import { UdpProxyConfig } from '../gen/envoy/extensions/filters/udp/udp_proxy/v3/udp_proxy.ts';
import { SourceIPInput } from '../gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs.ts';
import { PreviousHostsPredicate } from '../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.ts';
import { DownstreamTlsContext, UpstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts';
import { HttpProtocolOptions } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts';
import type { Any } from '../gen/google/protobuf/any.ts';

/** What the generated code offers for a message. */
export interface MessageCodec<M> {
  readonly $type: string;
  encode(message: M): { finish(): Uint8Array };
  decode(bytes: Uint8Array): M;
  toJSON(message: M): unknown;
}

const packable = [
  ...[StdoutAccessLog, HttpRbac, HttpRbacPerRoute, Router, SetMetadata, OriginalDst, TlsInspector, DirectResponse],
  ...[HttpConnectionManager, NetworkRbac, TcpProxy, UdpProxyConfig, UdpRoute, SourceIPInput, PreviousHostsPredicate],
  ...[DownstreamTlsContext, UpstreamTlsContext, HttpProtocolOptions],
] as readonly MessageCodec<unknown>[];

export const typeUrlOf = (codec: { readonly $type: string }): string => `type.googleapis.com/${codec.$type}`;

const codecs: ReadonlyMap<string, MessageCodec<unknown>> = new Map(packable.map((codec) => [typeUrlOf(codec), codec]));

/** The codec of the message in an Any, by its type URL; `undefined` for messages that we never pack. */
export const packedCodec = (typeUrl: string): MessageCodec<unknown> | undefined => codecs.get(typeUrl);

/** The message as an Any. Throws on a message that is missing in the table: nobody could open it. */
export function pack<M>(codec: MessageCodec<M>, message: M): Any {
  const typeUrl = typeUrlOf(codec);
  if (!codecs.has(typeUrl)) throw new Error(`${typeUrl} is not in the table of messages that are packed in an Any`);
  const bytes = codec.encode(message).finish();
  return { typeUrl, value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
