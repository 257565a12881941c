/**
 * The mesh as one immutable value: what a service mesh is about, in neither SMI's nor Envoy's words. Types only.
 *
 * Identity of objects is meaningful: what did not change between two builds is the *same* object in both, so that
 * everything made from it can be remembered by it.
 */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Brand } from '../lib/brand.ts';
import type { NamespacedName, ObjectRef } from '../objects/object-ref.ts';
import type { SpiffeId } from './spiffe-id.ts';

export interface MeshModel {
  readonly services: ReadonlyMap<ServicePortKey, ServicePort>;
  /** Every pod that has a sidecar, by namespace and name. */
  readonly workloads: ReadonlyMap<NamespacedName, Workload>;
  /**
   * Which service ports each identity may call or must know to call what it may: the ports whose pods grant it
   * something, the roots that split onto them, and every destination of what is in the set (rule R39), so that no route
   * it is given leads to a port that it is not. Identities that no policy names are absent. Ports that everyone must
   * know (see `ServicePort.openToAll`) are left out.
   */
  readonly reach: ReadonlyMap<SpiffeId, ReadonlySet<ServicePortKey>>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * `<namespace>/<service>/<port number>`: one port of one Service; with `/udp` behind it for UDP, since a Service may
 * have the same number for both (DNS does).
 */
export type ServicePortKey = Brand<string, 'ServicePortKey'>;

export const servicePortKey = (
  namespace: string,
  service: string,
  port: number,
  transport: Transport = 'tcp',
): ServicePortKey => `${namespace}/${service}/${port}${transport === 'udp' ? '/udp' : ''}` as ServicePortKey;

export type Transport = 'tcp' | 'udp';

/** `http` covers HTTP/1.1, HTTP/2, gRPC and WebSocket: all are carried as the client speaks them. */
export type Protocol = 'http' | 'tcp' | 'udp';

export interface ServicePort {
  readonly key: ServicePortKey;
  readonly service: ObjectRef;
  readonly number: number;
  readonly protocol: Protocol;
  /** True when the port was declared to be HTTP/2 or gRPC, so that an upstream without ALPN can be dialled right. */
  readonly http2: boolean;
  /** Where clients address the service itself: its cluster IPs. Empty for a headless service. */
  readonly addresses: readonly string[];
  /** Clients of a headless service dial its endpoints; each address below leads to this service port. */
  readonly headlessAddresses: readonly SocketAddress[];
  readonly endpoints: readonly Endpoint[];
  /** Who may answer for this service: the identities of all its pods with a sidecar, also those not ready yet. Sorted. */
  readonly servers: readonly SpiffeId[];
  readonly routing: Routing;
  /**
   * True when every client must know it: no pod is behind it, or one that does not enforce (audit, permissive, no
   * sidecar); or it splits onto such a port; or such a port splits onto it.
   */
  readonly openToAll: boolean;
  /** The Kubernetes objects that this was built from, without those of `routing`; sorted. */
  readonly origins: readonly ObjectRef[];
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface Endpoint {
  readonly address: string;
  /** What the application listens on, as its Service says. */
  readonly port: number;
  /** `draining` endpoints finish what they have and get nothing new. */
  readonly health: 'ready' | 'draining';
  /** How its sidecar is reached; `undefined` where there is none and clients speak plain text. */
  readonly sidecar: SidecarInbound | undefined;
}

/** Transparent: dial the application's own port. Explicit: dial the sidecar's inbound port, saying by SNI what for. */
export type SidecarInbound = { readonly mode: 'transparent' } | { readonly mode: 'explicit'; readonly port: number };

/** What becomes of a request or connection to a service port: the first rule that matches decides, else `otherwise`. */
export interface Routing {
  readonly rules: readonly RoutingRule[];
  readonly otherwise: Destinations;
  /** The split that decides `otherwise`. None: it is the service's own endpoints. */
  readonly otherwiseSplit: ObjectRef | undefined;
  /** The splits and route groups that this was built from; sorted. Empty without a split. */
  readonly origins: readonly ObjectRef[];
}

export interface RoutingRule {
  readonly match: HttpMatch;
  readonly split: ObjectRef;
  readonly destinations: Destinations;
}

/** Shares by weight, each greater than zero, their sum at most 2^32-1. Empty: nothing can be reached, which is said to the caller (rule R14). */
export type Destinations = readonly { readonly port: ServicePortKey; readonly weight: number }[];

/** All conditions must hold. */
export interface HttpMatch {
  /** The group it is from, and its name there. */
  readonly origin: ObjectRef;
  readonly name: string;
  /**
   * To match from the beginning of the path and not necessarily to its end (rule R36). RE2, valid, not empty, and still
   * valid with the same meaning inside a group: `(?:…)`.
   */
  readonly pathPrefixRegex: string | undefined;
  /** Empty: any. */
  readonly methods: readonly string[];
  /** RE2, valid, not empty, to match the whole value. Names are lower case, `:authority` for the host. */
  readonly headers: readonly { readonly name: string; readonly regex: string }[];
}

/** A pod with a sidecar. */
export interface Workload {
  readonly pod: ObjectRef;
  readonly identity: SpiffeId;
  readonly serviceAccount: string;
  readonly addresses: readonly string[];
  readonly sidecar: SidecarInbound;
  /** That of all its ports, and of the ports that no Service declares. */
  readonly mode: AccessMode;
  /** Where an explicit sidecar reaches its application; `undefined`: where the caller dialled (transparent). */
  readonly appAddress: string | undefined;
  /** Where the application reaches its sidecar: intercepted traffic (transparent) or the HTTP proxy (explicit). */
  readonly outboundPort: number;
  /** What it serves; sorted by number, then protocol. A number occurs twice where it is served by TCP and by UDP. */
  readonly inbound: readonly InboundPort[];
  /**
   * Local ports by which the application of an explicit sidecar reaches TCP and UDP services, each of them existing.
   * Sorted by local port, then by service port; a number occurs twice where it is for TCP and for UDP.
   */
  readonly upstreams: readonly { readonly localPort: number; readonly port: ServicePortKey }[];
}

export interface InboundPort {
  /** The application's port. */
  readonly number: number;
  readonly protocol: Protocol;
  readonly http2: boolean;
  /** The service ports that lead here; sorted. */
  readonly servicePorts: readonly ServicePortKey[];
  readonly access: Access;
  /** The Services that lead here; the objects that `access` comes from are in its grants. Sorted. */
  readonly origins: readonly ObjectRef[];
}

/** `enforce`: only what is granted. `audit`: everything, and what is not granted is counted. `permissive`: everything. */
export type AccessMode = 'enforce' | 'audit' | 'permissive';

export interface Access {
  readonly mode: AccessMode;
  /** A union: a request is allowed when any grant allows it (rule R32). Sorted by origin. No grant: nobody. */
  readonly grants: readonly Grant[];
}

export interface Grant {
  /** The TrafficTarget. */
  readonly origin: ObjectRef;
  /** Never empty; sorted. */
  readonly callers: readonly SpiffeId[];
  /** Addresses of the callers' pods: all there is to know a UDP sender by. Empty unless the port is UDP. Sorted. */
  readonly callerAddresses: readonly string[];
  /** `any`, or at least one match; always `any` on a TCP or UDP port. */
  readonly requests: 'any' | readonly HttpMatch[];
}
