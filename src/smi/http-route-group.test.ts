import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodingCases, decodeSmiObject, parseObject } from '../testing/decode-smi-yaml.ts';

const metrics = { name: 'metrics', pathRegex: '/metrics', methods: ['GET'], headers: [] };
const anything = { name: 'anything', pathRegex: undefined, methods: [], headers: [] };

const cases: DecodingCases = {
  'v1alpha1 has its matches at the top': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: HTTPRouteGroup
      matches: [{name: metrics, pathRegex: /metrics, methods: [GET]}]`,
    model: { matches: [metrics] },
  },
  'v1alpha2 has headers, as a map; their names are lower case': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha2
      kind: HTTPRouteGroup
      matches:
      - name: insiders
        headers: {User-Agent: '.*Android.*', cookie: '^(.*?;)?(type=insider)(;.*)?$', host: bookstore}`,
    model: {
      matches: [
        {
          name: 'insiders',
          pathRegex: undefined,
          methods: [],
          headers: [
            { name: 'user-agent', regex: '.*Android.*' },
            { name: 'cookie', regex: '^(.*?;)?(type=insider)(;.*)?$' },
            { name: 'host', regex: 'bookstore' },
          ],
        },
      ],
    },
  },
  'v1alpha3 has its matches under spec, and headers may be a list of maps': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha3
      kind: HTTPRouteGroup
      spec:
        matches: [{name: both, headers: [{X-A: '1'}, {x-b: '2', x-c: '3'}, {x-a: '.+'}]}]`,
    model: {
      matches: [
        {
          name: 'both',
          pathRegex: undefined,
          methods: [],
          headers: [
            { name: 'x-a', regex: '1' },
            { name: 'x-b', regex: '2' },
            { name: 'x-c', regex: '3' },
            { name: 'x-a', regex: '.+' },
          ],
        },
      ],
    },
  },
  'v1alpha4 is as v1alpha3, and * or nothing is any method': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      spec:
        matches:
        - {name: metrics, pathRegex: /metrics, methods: [GET]}
        - {name: anything, methods: ['*']}
        - {name: anything, methods: [GET, '*']}
        - {name: anything, methods: [], pathRegex: '', headers: {}}
        - {name: anything, methods: null, pathRegex: null, headers: null}`,
    model: { matches: [metrics, anything, anything, anything, anything] },
  },
  'v1alpha4 with its matches at the top is understood (R5)': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      matches: [{name: metrics, pathRegex: /metrics, methods: [GET]}]`,
    model: { matches: [metrics] },
  },
  'v1alpha1 with its matches under spec is understood': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: HTTPRouteGroup
      spec: {matches: [{name: metrics, pathRegex: /metrics, methods: [GET]}]}`,
    model: { matches: [metrics] },
  },
  'an empty spec does not hide the matches at the top': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      spec: {}
      matches: [{name: metrics, pathRegex: /metrics, methods: [GET]}]`,
    model: { matches: [metrics] },
  },
  'of matches in both places those under spec count': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      spec: {matches: [{name: metrics, pathRegex: /metrics, methods: [GET]}]}
      matches: [{name: anything}]`,
    model: { matches: [metrics] },
    said: ['matches: is ignored, because of spec.matches (InvalidField)'],
  },
  'a group without matches matches nothing': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      spec: {}`,
    model: { matches: [] },
    said: ['spec.matches: is missing; the group matches nothing (InvalidField)'],
  },
  'matches that are no list make the group invalid': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      spec: {matches: {name: metrics}}`,
    model: 'invalid',
    said: ['spec.matches: must be a list, not a map'],
  },
  'a match that lacks a condition it was meant to have is left out as a whole': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      spec:
        matches:
        - {name: by-number, pathRegex: 5}
        - {name: by-header, headers: {x-canary: true, cookie: a}}
        - {name: by-headers, headers: [x-canary]}
        - {name: by-nameless-header, headers: {'': x}}
        - {name: by-method, methods: [1]}
        - {pathRegex: /nameless}
        - {name: metrics, pathRegex: /metrics, methods: [GET]}`,
    model: { matches: [metrics] },
    said: [
      'spec.matches[0].pathRegex: must be a string, not the number 5 (InvalidField)',
      'spec.matches[1].headers["x-canary"]: must be a string, not the boolean true; the match is left out (InvalidField)',
      'spec.matches[2].headers[0]: must be a map of header names to regular expressions, not the string "x-canary" (InvalidField)',
      'spec.matches[3].headers[""]: must name a header; the match is left out (InvalidField)',
      'spec.matches[4].methods[0]: must be a string, not the number 1 (InvalidField)',
      'spec.matches[5].name: is required: a string (InvalidField)',
    ],
  },
  'a method that cannot be read is left out, the others stand': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      spec: {matches: [{name: metrics, pathRegex: /metrics, methods: [GET, 7]}]}`,
    model: { matches: [metrics] },
    said: ['spec.matches[0].methods[1]: must be a string, not the number 7 (InvalidField)'],
  },
  'headers that a client of v1alpha1 dropped are restored from the annotation (R3)': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: HTTPRouteGroup
      metadata:
        name: an-object
        annotations: {smi-envoy.io/kept-fields: '{"matches.headers":{"metrics":[{"x-a":"1"},null]}}'}
      matches: [{name: metrics, pathRegex: /metrics, methods: [GET]}, {name: metrics, methods: [PUT]}, {name: anything}]`,
    model: {
      matches: [
        { ...metrics, headers: [{ name: 'x-a', regex: '1' }] },
        { name: 'metrics', pathRegex: undefined, methods: ['PUT'], headers: [] },
        anything,
      ],
    },
  },
};

for (const [name, { yaml, model, said = [] }] of Object.entries(cases)) {
  test(name, () => assert.deepEqual(decodeSmiObject(parseObject(yaml)), { model, said }));
}
