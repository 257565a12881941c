import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relocate } from './example-copy.ts';

const yaml = `
  smi-envoy.io/outbound-port: "11011"
  smi-envoy.io/upstreams: "11521=orders-db:5432"
  containerPort: 8080
  podIP: 127.10.0.11
`;

test('a place changes pod addresses and local ports and nothing else', () => {
  assert.equal(
    relocate(yaml, 14),
    `
  smi-envoy.io/outbound-port: "14011"
  smi-envoy.io/upstreams: "14521=orders-db:5432"
  containerPort: 8080
  podIP: 127.10.14.11
`,
  );
});

test('without a place everything stays', () => {
  assert.equal(relocate(yaml, undefined), yaml);
});
