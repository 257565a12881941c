import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodingCases, decodeSmiObject, parseObject } from '../testing/decode-smi-yaml.ts';

const nobody = { podSelectors: [], spiffeIdentities: [], serviceAccount: undefined };

const cases: DecodingCases = {
  'a service account and SPIFFE identities are named together': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: IdentityBinding
      spec:
        schemes:
          spiffeIdentities: [cluster.local/ns/bookstore/sa/reviews, 'spiffe://other.domain/x']
          serviceAccount: reviews`,
    model: {
      podSelectors: [],
      spiffeIdentities: ['cluster.local/ns/bookstore/sa/reviews', 'other.domain/x'],
      serviceAccount: 'reviews',
    },
  },
  'pods are selected by a list of selectors, as in the text of the draft': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: IdentityBinding
      spec: {schemes: {podLabelSelectors: [{name: one, matchLabels: {app: a}}, {matchLabels: {app: b, tier: c}}]}}`,
    model: { ...nobody, podSelectors: [{ app: 'a' }, { app: 'b', tier: 'c' }] },
  },
  'pods are selected by one selector, as in the CRD of the draft': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: IdentityBinding
      spec: {schemes: {podLabelSelector: {matchLabels: {app: a}}, spiffeIdentities: null, serviceAccount: null}}`,
    model: { ...nobody, podSelectors: [{ app: 'a' }] },
  },
  'a selector that would select more than was meant selects nothing': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: IdentityBinding
      spec:
        schemes:
          podLabelSelectors:
          - matchLabels: {}
          - matchLabels: {version: 1}
          - {matchLabels: {app: a}, matchExpressions: []}
          - {matchLabels: {app: b}}`,
    model: { ...nobody, podSelectors: [{ app: 'b' }] },
    said: [
      'spec.schemes.podLabelSelectors[0].matchLabels: must have a label, as otherwise every pod is selected (InvalidField)',
      'spec.schemes.podLabelSelectors[1].matchLabels.version: must be a string, not the number 1 (InvalidField)',
      'spec.schemes.podLabelSelectors[2]: cannot have matchExpressions (InvalidField)',
    ],
  },
  'a service account and pod labels exclude each other, so neither names anybody': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: IdentityBinding
      spec: {schemes: {podLabelSelectors: [{matchLabels: {app: a}}], serviceAccount: reviews, spiffeIdentities: [a/b]}}`,
    model: { ...nobody, spiffeIdentities: ['a/b'] },
    said: [
      'spec.schemes.serviceAccount: excludes a pod label selector, and the object has both; neither names anybody (InvalidIdentityBinding)',
    ],
  },
  'without schemes it is invalid': {
    yaml: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: IdentityBinding
      spec: {}`,
    model: 'invalid',
    said: ['spec.schemes: is required: a map'],
  },
};

for (const [name, { yaml, model, said = [] }] of Object.entries(cases)) {
  test(name, () => assert.deepEqual(decodeSmiObject(parseObject(yaml)), { model, said }));
}
