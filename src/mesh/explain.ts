/** Where a request would go, whether it would be let in, and which objects say so. */
import { type ObjectRef, refKey } from '../objects/object-ref.ts';
import { type HttpRequest, type Unmet, unmetBy, unmetForAccess } from './http-match.ts';
import type {
  Access,
  AccessMode,
  Destinations,
  Endpoint,
  HttpMatch,
  InboundPort,
  MeshModel,
  Protocol,
  ServicePort,
  ServicePortKey,
  Workload,
} from './model.ts';
import type { SpiffeId } from './spiffe-id.ts';

export interface Question {
  readonly from: SpiffeId;
  readonly to: {
    readonly namespace: string;
    readonly service: string;
    /** `undefined`: each port of the service. */
    readonly port: number | undefined;
  };
  /** What is sent where a port is HTTP. Without `:authority` it is the service's own name. */
  readonly request: HttpRequest;
}

/** The answer for one port of the service. */
export interface PortAnswer {
  readonly port: ServicePortKey;
  readonly protocol: Protocol;
  /** Whether the caller's sidecar is told of the port at all: by a grant, or because everyone is. */
  readonly known: boolean;
  readonly decidedBy: RoutedBy;
  /** Sorted by service port. Empty: HTTP is answered 503 and TCP is closed, because of `decidedBy`. */
  readonly destinations: readonly DestinationAnswer[];
}

/** What chose the destinations. */
export type RoutedBy =
  | { readonly type: 'match'; readonly split: ObjectRef; readonly match: HttpMatch }
  | { readonly type: 'split'; readonly split: ObjectRef }
  | { readonly type: 'service'; readonly service: ObjectRef };

export interface DestinationAnswer {
  readonly port: ServicePortKey;
  /** Of all traffic that is routed the same way: greater than 0, at most 1. */
  readonly share: number;
  /** What its pods say, each verdict once. Several: it depends on the pod. Empty: there is nobody behind it. */
  readonly verdicts: readonly { readonly verdict: Verdict; readonly at: readonly Place[] }[];
}

/** A pod with a sidecar, or an endpoint without. */
export type Place =
  | { readonly type: 'pod'; readonly pod: ObjectRef }
  | { readonly type: 'endpoint'; readonly endpoint: Endpoint };

export type Verdict =
  | {
      readonly allowed: true;
      readonly because: 'granted';
      readonly target: ObjectRef;
      readonly match: HttpMatch | undefined;
    }
  /** The pod lets everybody in; `refusal` is what enforcing would say. */
  | { readonly allowed: true; readonly because: 'not enforced'; readonly mode: AccessMode; readonly refusal: Refusal }
  | { readonly allowed: true; readonly because: 'no sidecar' }
  | { readonly allowed: false; readonly refusal: Refusal };

/** What is missing. */
export type Refusal =
  /** No TrafficTarget opens this port to anybody. */
  | { readonly missing: 'target' }
  /** These open it, but not to this caller. */
  | { readonly missing: 'source'; readonly targets: readonly ObjectRef[] }
  /** These open it to this caller, but not for this request. */
  | {
      readonly missing: 'request';
      readonly targets: readonly {
        readonly target: ObjectRef;
        readonly matches: readonly { readonly match: HttpMatch; readonly unmet: readonly Unmet[] }[];
      }[];
    };

/** One answer for each port that is asked about, sorted. Empty: the service has no such port in the mesh. */
export function explain(mesh: MeshModel, question: Question): readonly PortAnswer[] {
  const { from, to } = question;
  const asked = [...mesh.services.values()].filter(
    ({ service, number }) =>
      service.namespace === to.namespace &&
      service.name === to.service &&
      (to.port === undefined || to.port === number),
  );
  return asked.map((port) => {
    const request = withAuthority(question.request, port);
    const { decidedBy, destinations } = routeOf(port, request);
    const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
    return {
      port: port.key,
      protocol: port.protocol,
      known: port.openToAll || (mesh.reach.get(from)?.has(port.key) ?? false),
      decidedBy,
      destinations: destinations.map(({ port: destination, weight }) => ({
        port: destination,
        share: weight / total,
        verdicts: verdictsOf(mesh, destination, from, request),
      })),
    };
  });
}

const withAuthority = (request: HttpRequest, { service, number }: ServicePort): HttpRequest => {
  const own = `${service.name}.${service.namespace}${number === 80 ? '' : `:${number}`}`;
  return { ...request, headers: { ':authority': own, ...request.headers } };
};

function routeOf(
  { protocol, routing, service }: ServicePort,
  request: HttpRequest,
): { readonly decidedBy: RoutedBy; readonly destinations: Destinations } {
  const rule =
    protocol === 'http' ? routing.rules.find(({ match }) => unmetBy(match, request).length === 0) : undefined;
  if (rule !== undefined) {
    const { split, match, destinations } = rule;
    return { decidedBy: { type: 'match', split, match }, destinations };
  }
  const split = routing.otherwiseSplit;
  return {
    decidedBy: split === undefined ? { type: 'service', service } : { type: 'split', split },
    destinations: routing.otherwise,
  };
}

function verdictsOf(
  mesh: MeshModel,
  destination: ServicePortKey,
  from: SpiffeId,
  request: HttpRequest,
): DestinationAnswer['verdicts'] {
  const verdicts = new Map<string, { readonly verdict: Verdict; readonly at: Place[] }>();
  const add = (verdict: Verdict, place: Place): void => {
    const key = verdictKey(verdict);
    const known = verdicts.get(key);
    if (known === undefined) verdicts.set(key, { verdict, at: [place] });
    else known.at.push(place);
  };
  for (const { workload, inbound } of podsBehind(mesh, destination)) {
    add(judge(inbound, from, request), { type: 'pod', pod: workload.pod });
  }
  for (const endpoint of mesh.services.get(destination)?.endpoints ?? []) {
    if (endpoint.sidecar !== undefined) continue;
    add({ allowed: true, because: 'no sidecar' }, { type: 'endpoint', endpoint });
  }
  return [...verdicts.values()];
}

function* podsBehind(
  mesh: MeshModel,
  destination: ServicePortKey,
): Generator<{ readonly workload: Workload; readonly inbound: InboundPort }> {
  for (const workload of mesh.workloads.values()) {
    for (const inbound of workload.inbound) {
      if (inbound.servicePorts.includes(destination)) yield { workload, inbound };
    }
  }
}

/** Equal verdicts have equal keys. */
const verdictKey = (verdict: Verdict): string =>
  JSON.stringify(verdict, (_, value) => (isRef(value) ? refKey(value) : value));

const isRef = (value: unknown): value is ObjectRef =>
  typeof value === 'object' && value !== null && 'kind' in value && 'group' in value;

function judge({ access, protocol }: InboundPort, from: SpiffeId, request: HttpRequest): Verdict {
  const granted = grantFor(access, from, protocol === 'http' ? request : undefined);
  if (granted !== undefined) return granted;
  const refusal = refusalOf(access, from, request);
  return access.mode === 'enforce'
    ? { allowed: false, refusal }
    : { allowed: true, because: 'not enforced', mode: access.mode, refusal };
}

function grantFor(access: Access, from: SpiffeId, request: HttpRequest | undefined): Verdict | undefined {
  for (const { origin: target, callers, requests } of access.grants) {
    if (!callers.includes(from)) continue;
    if (requests === 'any') return { allowed: true, because: 'granted', target, match: undefined };
    if (request === undefined) continue;
    const match = requests.find((candidate) => unmetForAccess(candidate, request).length === 0);
    if (match !== undefined) return { allowed: true, because: 'granted', target, match };
  }
  return undefined;
}

function refusalOf(access: Access, from: SpiffeId, request: HttpRequest): Refusal {
  const { grants } = access;
  if (grants.length === 0) return { missing: 'target' };
  const own = grants.filter(({ callers }) => callers.includes(from));
  if (own.length === 0) return { missing: 'source', targets: grants.map(({ origin }) => origin) };
  return {
    missing: 'request',
    targets: own.map(({ origin, requests }) => ({
      target: origin,
      matches: (requests === 'any' ? [] : requests).map((match) => ({ match, unmet: unmetForAccess(match, request) })),
    })),
  };
}
