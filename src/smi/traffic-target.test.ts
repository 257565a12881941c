import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodingCases, decodeSmiObject, parseObject } from '../testing/decode-smi-yaml.ts';

const reviews = { kind: 'ServiceAccount', namespace: 'bookstore', name: 'reviews' };
const web = { kind: 'ServiceAccount', namespace: 'bookstore', name: 'web' };
const route = { kind: 'HTTPRouteGroup', name: 'routes', matches: ['read'] };

const cases: DecodingCases = {
  'v1alpha1 has everything at the top, rules called specs, and a port (R3)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      destination: {kind: ServiceAccount, name: reviews, namespace: bookstore, port: 8080}
      specs: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]
      sources: [{kind: ServiceAccount, name: web, namespace: bookstore}]`,
    model: { destination: reviews, destinationPort: 8080, rules: [route], sources: [web] },
  },
  'v1alpha2 has a spec, and a port that may be a string': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha2
      kind: TrafficTarget
      spec:
        destination: {kind: ServiceAccount, name: reviews, port: "8080"}
        rules: [{kind: TCPRoute, name: all-ports}]
        sources: [{kind: ServiceAccount, name: web}]`,
    model: {
      destination: reviews,
      destinationPort: 8080,
      rules: [{ kind: 'TCPRoute', name: 'all-ports', matches: undefined }],
      sources: [web],
    },
  },
  'v1alpha3 defaults namespaces to its own (R33), and rules without matches mean all of them (R35)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      spec:
        destination: {kind: ServiceAccount, name: reviews, namespace: ''}
        rules: [{kind: HTTPRouteGroup, name: routes}, {kind: UDPRoute, name: gossip}]
        sources: [{kind: ServiceAccount, name: web}, {kind: ServiceAccount, name: probe, namespace: monitoring}]`,
    model: {
      destination: reviews,
      destinationPort: undefined,
      rules: [
        { kind: 'HTTPRouteGroup', name: 'routes', matches: undefined },
        { kind: 'UDPRoute', name: 'gossip', matches: undefined },
      ],
      sources: [web, { kind: 'ServiceAccount', namespace: 'monitoring', name: 'probe' }],
    },
  },
  'a port is honoured in v1alpha3, which has none (R5)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      spec:
        destination: {kind: ServiceAccount, name: reviews, port: "9091"}
        rules: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]
        sources: [{kind: ServiceAccount, name: web}]`,
    model: { destination: reviews, destinationPort: 9091, rules: [route], sources: [web] },
  },
  'a port that a client of v1alpha3 dropped is restored from the annotation (R3)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      metadata:
        name: an-object
        namespace: bookstore
        annotations: {smi-envoy.io/kept-fields: '{"destination.port":8080}'}
      spec:
        destination: {kind: ServiceAccount, name: reviews}
        rules: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]
        sources: [{kind: ServiceAccount, name: web}]`,
    model: { destination: reviews, destinationPort: 8080, rules: [route], sources: [web] },
  },
  'the v1alpha4 draft has identity bindings as subjects (R40)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: TrafficTarget
      spec:
        destination: {kind: IdentityBinding, group: access.smi-spec.io, name: reviews}
        rules: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]
        sources: [{kind: IdentityBinding, group: access.smi-spec.io, name: clients}, {kind: ServiceAccount, name: web}]`,
    model: {
      destination: { ...reviews, kind: 'IdentityBinding' },
      destinationPort: undefined,
      rules: [route],
      sources: [{ kind: 'IdentityBinding', namespace: 'bookstore', name: 'clients' }, web],
    },
  },
  'v1alpha3 served with the spelling of v1alpha1 means the same (R1)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      destination: {kind: ServiceAccount, name: reviews, port: 8080}
      specs: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]
      sources: [{kind: ServiceAccount, name: web}]`,
    model: { destination: reviews, destinationPort: 8080, rules: [route], sources: [web] },
  },
  'of what stands in both places, spec counts, whatever the version': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      destination: {kind: ServiceAccount, name: other}
      sources: [{kind: ServiceAccount, name: web}]
      spec:
        destination: {kind: ServiceAccount, name: reviews}
        rules: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]`,
    model: { destination: reviews, destinationPort: undefined, rules: [route], sources: [web] },
    said: ['destination: is ignored, because of spec.destination (InvalidField)'],
  },
  'without a destination it is about no pod': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      spec: {rules: [], sources: []}`,
    model: { destination: { ...reviews, name: '' }, destinationPort: undefined, rules: [], sources: [] },
  },
  'a destination that cannot be understood makes all of it invalid': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      destination: {kind: Deployment, name: reviews, port: http}
      specs: [{kind: HTTPRouteGroup, name: routes}]
      sources: [{kind: ServiceAccount, name: web}]`,
    model: 'invalid',
    said: ['destination.kind: must be ServiceAccount or IdentityBinding', 'destination.port: must be a port number'],
  },
  'a port outside 1 to 65535 makes all of it invalid': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha2
      kind: TrafficTarget
      spec: {destination: {kind: ServiceAccount, name: reviews, port: 70000}}`,
    model: 'invalid',
    said: ['spec.destination.port: must be a port, 1 to 65535'],
  },
  'sources and rules that are missing are nobody and nothing (R34)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      spec: {destination: {kind: ServiceAccount, name: reviews}}`,
    model: { destination: reviews, destinationPort: undefined, rules: [], sources: [] },
  },
  'sources that are no list are nobody, and reported': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      spec:
        destination: {kind: ServiceAccount, name: reviews}
        rules: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]
        sources: {kind: ServiceAccount, name: web}`,
    model: { destination: reviews, destinationPort: undefined, rules: [route], sources: [] },
    said: ['spec.sources: must be a list, not a map; nothing is allowed (InvalidField)'],
  },
  'a source that cannot be read is left out, the others stand': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      destination: {kind: ServiceAccount, name: reviews}
      specs: [{kind: HTTPRouteGroup, name: routes, matches: [read]}]
      sources: [{kind: Pod, name: x}, {kind: ServiceAccount}, {kind: ServiceAccount, name: web}]`,
    model: { destination: reviews, destinationPort: undefined, rules: [route], sources: [web] },
    said: [
      'sources[0].kind: must be ServiceAccount or IdentityBinding (InvalidField)',
      'sources[1].name: is required: a string (InvalidField)',
    ],
  },
  'a rule that cannot be read allows nothing, and one of unknown kind still restricts the HTTP rules (R37)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      destination: {kind: ServiceAccount, name: reviews}
      specs:
      - {kind: HTTPRouteGroup, name: routes, matches: [read]}
      - {kind: HTTPRouteGroup}
      - {kind: TCPRuote, name: ports}
      sources: [{kind: ServiceAccount, name: web}]`,
    model: {
      destination: reviews,
      destinationPort: undefined,
      rules: [
        route,
        { kind: 'HTTPRouteGroup', name: '', matches: undefined },
        { kind: 'TCPRoute', name: '', matches: undefined },
      ],
      sources: [web],
    },
    said: [
      'specs[1].name: is required: a string (InvalidField)',
      'specs[2].kind: must be HTTPRouteGroup, TCPRoute or UDPRoute (InvalidField)',
    ],
  },
  'an empty list of matches is none of them, and never all (R34)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      spec:
        destination: {kind: ServiceAccount, name: reviews}
        rules: [{kind: HTTPRouteGroup, name: routes, matches: []}, {kind: HTTPRouteGroup, name: more, matches: [1]}]
        sources: []`,
    model: {
      destination: reviews,
      destinationPort: undefined,
      rules: [
        { kind: 'HTTPRouteGroup', name: 'routes', matches: [] },
        { kind: 'HTTPRouteGroup', name: 'more', matches: [] },
      ],
      sources: [],
    },
    said: ['spec.rules[1].matches[0]: must be a string, not the number 1 (InvalidField)'],
  },
};

for (const [name, { yaml, model, said = [] }] of Object.entries(cases)) {
  test(name, () => assert.deepEqual(decodeSmiObject(parseObject(yaml)), { model, said }));
}
