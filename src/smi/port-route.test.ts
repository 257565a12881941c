import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodingCases, decodeSmiObject, parseObject } from '../testing/decode-smi-yaml.ts';

const cases: DecodingCases = {
  'v1alpha1 has nothing and means every port': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: TCPRoute`,
    model: { ports: [] },
  },
  'v1alpha2 has nothing and means every port': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha2
      kind: TCPRoute`,
    model: { ports: [] },
  },
  'v1alpha3 has an empty spec and means every port': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha3
      kind: TCPRoute
      spec: {}`,
    model: { ports: [] },
  },
  'v1alpha4 has ports': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      spec: {matches: {name: databases, ports: [3306, 6446]}}`,
    model: { ports: [3306, 6446] },
  },
  'no ports are every port (R38)': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      spec: {matches: {ports: []}}`,
    model: { ports: [] },
  },
  'a UDPRoute has ports as well': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: UDPRoute
      spec: {matches: {ports: [989, "990"]}}`,
    model: { ports: [989, 990] },
  },
  'ports written in a version that has none count (R1)': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha2
      kind: UDPRoute
      spec: {matches: {ports: [53]}}`,
    model: { ports: [53] },
  },
  'ports that a client of v1alpha1 dropped are restored from the annotation (R3)': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: TCPRoute
      metadata: {name: an-object, annotations: {smi-envoy.io/kept-fields: '{"spec.matches":{"ports":[8080]}}'}}`,
    model: { ports: [8080] },
  },
  'the annotation counts for nothing in v1alpha4, which can say ports itself': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      metadata: {name: an-object, annotations: {smi-envoy.io/kept-fields: '{"spec.matches":{"ports":[8080]}}'}}
      spec: {matches: {ports: []}}`,
    model: { ports: [] },
  },
  'a port that cannot be read is left out, the others stand': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      spec: {matches: {ports: [http, 0, 8080]}}`,
    model: { ports: [8080] },
    said: [
      'spec.matches.ports[0]: must be a port number (InvalidField)',
      'spec.matches.ports[1]: must be a port, 1 to 65535 (InvalidField)',
    ],
  },
  'a route of which no port can be read must not become one of every port': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      spec: {matches: {ports: [http]}}`,
    model: 'invalid',
    said: ['spec.matches.ports: has no port that can be understood'],
  },
  'matches that are a list make the route invalid, and not one of every port': {
    yaml: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      spec: {matches: [{ports: [8080]}]}`,
    model: 'invalid',
    said: ['spec.matches: must be a map, not a list'],
  },
};

for (const [name, { yaml, model, said = [] }] of Object.entries(cases)) {
  test(name, () => assert.deepEqual(decodeSmiObject(parseObject(yaml)), { model, said }));
}
