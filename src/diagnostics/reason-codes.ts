/**
 * The closed list of reasons that diagnostics give, each with the sentence that `docs/diagnostics.md` explains it by.
 * Rule numbers are those of `docs/support.md`.
 */
export const reasonCodes = {
  // Reading
  InvalidYaml: 'The file is not well-formed YAML; the objects it gave before stay as they were.',
  InvalidObject: 'The object does not have the shape its kind and version require; its last good state stays.',
  InvalidField: 'A part of the object cannot be understood; that part has no effect, the rest stands.',
  DuplicateObject: 'The same object is written in two places; the first in path order counts.',
  UnsupportedVersion: 'The kind is one we read, but not in this version.',
  // TrafficSplit
  InvalidWeight: 'A weight is negative or not a number; that backend counts as 0 (R6).',
  RootNotFound: 'The root service of the split does not exist; the split has no effect until it does.',
  RootNotSupported: 'The root service is in another namespace or has no form a sidecar can split.',
  BackendMissing: 'A backend service does not exist; it gets no traffic and the rest share by weight (R13).',
  PortMismatch: 'A backend has no port of the root port’s number; it is left out for that port (R12).',
  NoUsableBackend: 'No backend can be used or all weights are zero; HTTP is answered 503 and TCP is closed (R14).',
  SplitConflict: 'Another split of the same root applies before this one (R17).',
  BackendNotAuthorized: 'A caller of the root may not reach this backend; its share is answered 403 (R39).',
  // Routes
  RouteGroupNotFound: 'A route is referred to that does not exist; the reference adds nothing (R16, R34).',
  MatchNotFound: 'A match is named that its group does not have; the name adds nothing (R34).',
  InvalidRegex: 'A regular expression is not valid RE2; its match is disabled, the others stand (R36).',
  InvalidHeaderName: 'A header has a name that no request can have; its match is disabled.',
  DuplicateMatch: 'Two matches of a group have the same name; a reference by name means both.',
  MatchesNotForTcp: 'The split has matches, which a TCP port cannot see; the port is not split by it.',
  // TrafficTarget
  NamespaceMismatch: 'The destination is in another namespace than the object; it does not apply (R33).',
  DestinationEmpty: 'No destination is named, so no pod is; the object does not apply.',
  NoSources: 'No source is named, so nobody is allowed (R34).',
  NoRules: 'No rule is given, so nothing is allowed (R34).',
  IdentityBindingNotFound: 'An identity binding is referred to that does not exist; it names nobody (R40).',
  InvalidIdentityBinding: 'The binding names an identity that it may not speak for; that part names nobody (R40).',
  SelectorNotExclusive:
    'A source label selector covers only some pods of an identity; that identity is not allowed (R40).',
  NoPortMatched: 'The rules fit no port of the destination’s pods, so nothing is allowed (R37, R38).',
  UnsupportedKind: 'The data plane cannot carry this kind here; the other rules stand (R41).',
  // Services and workloads
  AddressConflict: 'Two services claim the same address and port; the oldest has it.',
  UnsupportedProtocol: 'The port’s protocol is one the mesh does not carry; the port is left alone.',
  UnknownProtocol: 'The appProtocol is none that we know; the port is carried as TCP.',
  ProtocolConflict: 'Two services give one port of a pod different protocols; the oldest decides.',
  InvalidAnnotation: 'A smi-envoy.io annotation cannot be understood; it is ignored.',
  // Serving
  ResourceInvalid: 'A resource made from this object breaks a rule of Envoy’s; its last good version stays.',
  ResourceRejected: 'An Envoy rejected a resource made from this object; its last good version stays.',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof reasonCodes;
