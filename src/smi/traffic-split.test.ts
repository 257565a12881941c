import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodingCases, decodeSmiObject, parseObject } from '../testing/decode-smi-yaml.ts';

const cases: DecodingCases = {
  'v1alpha1 weighs by quantities (R2)': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      spec:
        service: reviews
        backends:
        - {service: reviews-v1, weight: '1'}
        - {service: reviews-v2, weight: 500m}
        - {service: reviews-v3, weight: 0m}`,
    model: {
      service: 'reviews',
      backends: [
        { service: 'reviews-v1', weight: 2 },
        { service: 'reviews-v2', weight: 1 },
        { service: 'reviews-v3', weight: 0 },
      ],
      matches: [],
    },
  },
  'v1alpha2 weighs by whole numbers': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      spec:
        service: reviews.bookstore
        backends: [{service: reviews-v1, weight: 90}, {service: reviews-v2, weight: 10}]`,
    model: {
      service: 'reviews.bookstore',
      backends: [
        { service: 'reviews-v1', weight: 90 },
        { service: 'reviews-v2', weight: 10 },
      ],
      matches: [],
    },
  },
  'v1alpha3 has matches': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha3
      kind: TrafficSplit
      spec:
        service: reviews
        backends: [{service: reviews-v2, weight: 1}]
        matches: [{kind: HTTPRouteGroup, name: insiders}, {kind: HTTPRouteGroup, name: firefox}]`,
    model: {
      service: 'reviews',
      backends: [{ service: 'reviews-v2', weight: 1 }],
      matches: ['insiders', 'firefox'],
    },
  },
  'v1alpha4 may name the group of its matches, and have fields nobody knows (R5)': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec:
        service: reviews
        sticky: true
        backends: [{service: reviews-v2, weight: 1, region: eu}]
        matches: [{kind: HTTPRouteGroup, name: insiders, apiGroup: specs.smi-spec.io}]`,
    model: { service: 'reviews', backends: [{ service: 'reviews-v2', weight: 1 }], matches: ['insiders'] },
  },
  'v1alpha4 served with the spelling of v1alpha1 means the same': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec:
        service: reviews
        backends: [{service: reviews-v1, weight: '1.5'}, {service: reviews-v2, weight: 3}]`,
    model: {
      service: 'reviews',
      backends: [
        { service: 'reviews-v1', weight: 1 },
        { service: 'reviews-v2', weight: 2 },
      ],
      matches: [],
    },
  },
  'a missing weight is 0 (R6)': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      spec: {service: reviews, backends: [{service: reviews-v1}, {service: reviews-v2, weight: 100}]}`,
    model: {
      service: 'reviews',
      backends: [
        { service: 'reviews-v1', weight: 0 },
        { service: 'reviews-v2', weight: 100 },
      ],
      matches: [],
    },
  },
  'a negative or fractional weight counts as 0 and is reported (R6)': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec:
        service: reviews
        backends: [{service: a, weight: -5}, {service: b, weight: 1.5}, {service: c, weight: 2}]`,
    model: {
      service: 'reviews',
      backends: [
        { service: 'a', weight: 0 },
        { service: 'b', weight: 0 },
        { service: 'c', weight: 2 },
      ],
      matches: [],
    },
    said: [
      'spec.backends[0].weight: must not be negative, as -5 is; it counts as 0 (InvalidWeight)',
      'spec.backends[1].weight: must be a whole number, not 1.5; it counts as 0 (InvalidWeight)',
    ],
  },
  'a backend that cannot be read makes the split invalid, so that the others do not get its share': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec: {service: reviews, backends: [reviews-v1, {weight: 3}, {service: reviews-v2, weight: 1}]}`,
    model: 'invalid',
    said: [
      'spec.backends[0]: must be a map, not the string "reviews-v1"',
      'spec.backends[1].service: is required: a string',
    ],
  },
  'a match that cannot be read is left out, the others stand': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec:
        service: reviews
        backends: [{service: reviews-v2, weight: 1}]
        matches: [{kind: TCPRoute, name: x}, {kind: HTTPRouteGroup, name: insiders}]`,
    model: { service: 'reviews', backends: [{ service: 'reviews-v2', weight: 1 }], matches: ['insiders'] },
    said: ['spec.matches[0].kind: must be HTTPRouteGroup (InvalidField)'],
  },
  'a split of which no match can be read must not become one of every request': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec:
        service: reviews
        backends: [{service: reviews-v2, weight: 1}]
        matches: [{kind: TCPRoute, name: x}]`,
    model: 'invalid',
    said: ['spec.matches: has no match that can be understood'],
  },
  'without a root service there is no split': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec: {backends: []}`,
    model: 'invalid',
    said: ['spec.service: is required: a string'],
  },
  'without backends there is no split': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec: {service: reviews}`,
    model: 'invalid',
    said: ['spec.backends: is required: a list'],
  },
  'without a spec there is no split': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit`,
    model: 'invalid',
    said: ['spec: is required: a map'],
  },
  'matches that a client of v1alpha2 dropped are restored from the annotation (R3)': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      metadata:
        name: an-object
        annotations:
          smi-envoy.io/kept-fields: '{"spec.matches":[{"kind":"HTTPRouteGroup","name":"insiders"}]}'
      spec: {service: reviews, backends: [{service: reviews-v2, weight: 1}]}`,
    model: { service: 'reviews', backends: [{ service: 'reviews-v2', weight: 1 }], matches: ['insiders'] },
  },
  'an annotation of ours that is no JSON is ignored and reported': {
    yaml: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      metadata: {name: an-object, annotations: {smi-envoy.io/kept-fields: 'yes'}}
      spec: {service: reviews, backends: []}`,
    model: { service: 'reviews', backends: [], matches: [] },
    said: ['metadata.annotations[smi-envoy.io/kept-fields]: must be a JSON map; it is ignored (InvalidAnnotation)'],
  },
};

for (const [name, { yaml, model, said = [] }] of Object.entries(cases)) {
  test(name, () => assert.deepEqual(decodeSmiObject(parseObject(yaml)), { model, said }));
}
