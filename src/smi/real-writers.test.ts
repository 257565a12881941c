/** What programs in the wild write, as they write it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodingCases, decodeSmiObject, parseObject } from '../testing/decode-smi-yaml.ts';

const halfway = {
  service: 'podinfo',
  backends: [
    { service: 'podinfo-canary', weight: 50 },
    { service: 'podinfo-primary', weight: 50 },
  ],
  matches: [],
};

const cases: DecodingCases = {
  'Flagger with provider smi:v1alpha1': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata:
        name: podinfo
        namespace: test
        annotations: {}
        ownerReferences:
        - {apiVersion: flagger.app/v1beta1, kind: Canary, name: podinfo, uid: x, controller: true, blockOwnerDeletion: true}
      spec:
        service: podinfo
        backends:
        - {service: podinfo-canary, weight: "50"}
        - {service: podinfo-primary, weight: "50"}`,
    model: halfway,
  },
  'Flagger with provider smi:v1alpha2 or osm': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      metadata: {name: podinfo, namespace: test, annotations: {}}
      spec:
        service: podinfo
        backends: [{service: podinfo-canary, weight: 50}, {service: podinfo-primary, weight: 50}]`,
    model: halfway,
  },
  'Flagger with provider smi:v1alpha3': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha3
      kind: TrafficSplit
      metadata: {name: podinfo, namespace: test, creationTimestamp: null}
      spec:
        service: podinfo
        backends: [{service: podinfo-canary, weight: 50}, {service: podinfo-primary, weight: 50}]`,
    model: halfway,
  },
  'Flagger when it left zero weights out (R6)': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      metadata: {name: podinfo, namespace: test}
      spec:
        service: podinfo
        backends: [{service: podinfo-canary}, {service: podinfo-primary, weight: 100}]`,
    model: {
      service: 'podinfo',
      backends: [
        { service: 'podinfo-canary', weight: 0 },
        { service: 'podinfo-primary', weight: 100 },
      ],
      matches: [],
    },
  },
  'Argo Rollouts by default: v1alpha1, the stable service is the root and a backend too': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: rollout-smi, namespace: default, labels: {app: rollout-smi}}
      spec:
        service: rollout-smi-stable
        backends:
        - {service: rollout-smi-canary, weight: "5"}
        - {service: rollout-smi-experiment-canary, weight: "0"}
        - {service: rollout-smi-stable, weight: "95"}`,
    model: {
      service: 'rollout-smi-stable',
      backends: [
        { service: 'rollout-smi-canary', weight: 5 },
        { service: 'rollout-smi-experiment-canary', weight: 0 },
        { service: 'rollout-smi-stable', weight: 95 },
      ],
      matches: [],
    },
  },
  'k8s-deploy: whole numbers that add up to 1000, under v1alpha1': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: shop-workflow-rollout}
      spec:
        service: shop
        backends:
        - {service: shop-stable, weight: 800}
        - {service: shop-baseline, weight: 100}
        - {service: shop-canary, weight: 100}`,
    model: {
      service: 'shop',
      backends: [
        { service: 'shop-stable', weight: 800 },
        { service: 'shop-baseline', weight: 100 },
        { service: 'shop-canary', weight: 100 },
      ],
      matches: [],
    },
  },
  'the Meshery conformance suite: a split of one and none': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      metadata: {name: server-split, namespace: kuttl}
      spec:
        service: app-svc
        backends: [{service: app-b, weight: 1}, {service: app-c, weight: 0}]`,
    model: {
      service: 'app-svc',
      backends: [
        { service: 'app-b', weight: 1 },
        { service: 'app-c', weight: 0 },
      ],
      matches: [],
    },
  },
  'the Meshery conformance suite: v1alpha4 routes at the top (R5)': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      metadata: {name: http-rg, namespace: kuttl}
      matches:
      - {name: testMatch, pathRegex: /metrics, methods: ["*"]}`,
    model: { matches: [{ name: 'testMatch', pathRegex: '/metrics', methods: [], headers: [] }] },
  },
  'the Meshery conformance suite: v1alpha3 with a port in quotes (R5)': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      metadata: {name: service-targets, namespace: kuttl}
      spec:
        destination: {kind: ServiceAccount, name: service-b, namespace: kuttl, port: "9091"}
        sources: [{kind: ServiceAccount, name: service-a, namespace: kuttl}]
        rules: [{kind: HTTPRouteGroup, name: http-rg, matches: [testMatch]}]`,
    model: {
      destination: { kind: 'ServiceAccount', namespace: 'kuttl', name: 'service-b' },
      destinationPort: 9091,
      rules: [{ kind: 'HTTPRouteGroup', name: 'http-rg', matches: ['testMatch'] }],
      sources: [{ kind: 'ServiceAccount', namespace: 'kuttl', name: 'service-a' }],
    },
  },
  'the Meshery conformance suite: a TCPRoute of v1alpha1, which is nothing but a name': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: TCPRoute
      metadata: {name: service-tcp-route, namespace: kuttl}`,
    model: { ports: [] },
  },
  'the OSM bookstore: header lists, and a target without namespaces for its routes': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      metadata: {name: bookstore-service-routes, namespace: bookstore}
      spec:
        matches:
        - {name: books-bought, pathRegex: /books-bought, methods: [GET], headers: [{user-agent: ".*-http-client/*.*"}, {client-app: bookbuyer}]}
        - {name: buy-a-book, pathRegex: ".*a-book.*new", methods: [GET]}`,
    model: {
      matches: [
        {
          name: 'books-bought',
          pathRegex: '/books-bought',
          methods: ['GET'],
          headers: [
            { name: 'user-agent', regex: '.*-http-client/*.*' },
            { name: 'client-app', regex: 'bookbuyer' },
          ],
        },
        { name: 'buy-a-book', pathRegex: '.*a-book.*new', methods: ['GET'], headers: [] },
      ],
    },
  },
  'the OSM bookstore: a target of v1alpha3': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      metadata: {name: bookbuyer-access-bookstore, namespace: bookstore}
      spec:
        destination: {kind: ServiceAccount, name: bookstore, namespace: bookstore}
        rules: [{kind: HTTPRouteGroup, name: bookstore-service-routes, matches: [buy-a-book, books-bought]}]
        sources: [{kind: ServiceAccount, name: bookbuyer, namespace: bookbuyer}]`,
    model: {
      destination: { kind: 'ServiceAccount', namespace: 'bookstore', name: 'bookstore' },
      destinationPort: undefined,
      rules: [{ kind: 'HTTPRouteGroup', name: 'bookstore-service-routes', matches: ['buy-a-book', 'books-bought'] }],
      sources: [{ kind: 'ServiceAccount', namespace: 'bookbuyer', name: 'bookbuyer' }],
    },
  },
  'linkerd-smi: thousandths in v1alpha1': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: backend-split, namespace: linkerd}
      spec:
        service: backend-svc
        backends: [{service: backend-svc, weight: 500m}, {service: failing-svc, weight: 500m}]`,
    model: {
      service: 'backend-svc',
      backends: [
        { service: 'backend-svc', weight: 1 },
        { service: 'failing-svc', weight: 1 },
      ],
      matches: [],
    },
  },
  'Traefik Mesh: v1alpha1 routes and target with a port in quotes': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      metadata: {name: whoami-service, namespace: whoami}
      destination: {kind: ServiceAccount, name: whoami, namespace: whoami, port: "80"}
      specs: [{kind: HTTPRouteGroup, name: routes, matches: [api]}]
      sources: [{kind: ServiceAccount, name: client, namespace: whoami}]`,
    model: {
      destination: { kind: 'ServiceAccount', namespace: 'whoami', name: 'whoami' },
      destinationPort: 80,
      rules: [{ kind: 'HTTPRouteGroup', name: 'routes', matches: ['api'] }],
      sources: [{ kind: 'ServiceAccount', namespace: 'whoami', name: 'client' }],
    },
  },
};

for (const [name, { yaml, model, said = [] }] of Object.entries(cases)) {
  test(name, () => assert.deepEqual(decodeSmiObject(parseObject(yaml)), { model, said }));
}
