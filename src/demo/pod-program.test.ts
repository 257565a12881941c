import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPodPrograms } from './pod-program.ts';

test('a pod’s command and environment are read, its own fields filled in', () => {
  const yaml = `
apiVersion: v1
kind: Service
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: shop-1, namespace: market }
spec:
  containers:
    - name: shop
      command: [node]
      args: [shop.mjs]
      env:
        - { name: POD_IP, valueFrom: { fieldRef: { fieldPath: status.podIP } } }
        - { name: GREETING, value: hello }
status: { podIP: 10.0.0.1 }
`;
  assert.deepEqual(readPodPrograms(yaml), [
    {
      pod: 'market/shop-1',
      name: 'shop-1',
      command: ['node', 'shop.mjs'],
      env: { POD_IP: '10.0.0.1', GREETING: 'hello' },
    },
  ]);
});

test('pods without an address or a command, and broken documents, are left out', () => {
  const yaml = `
apiVersion: v1
kind: Pod
metadata: { name: pending }
spec: { containers: [{ name: a, command: [node] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-command }
spec: { containers: [{ name: a }] }
status: { podIP: 10.0.0.1 }
---
kind: *unknown
---
metadata: { name: [
`;
  assert.deepEqual(readPodPrograms(yaml), []);
});

test('every pod of the bookstore has a program', () => {
  const pods = join(import.meta.dirname, '../../examples/bookstore/pods.yaml');
  assert.deepEqual(
    readPodPrograms(readFileSync(pods, 'utf8')).map(({ name, command }) => `${name}: ${command.join(' ')}`),
    [
      'bookbuyer: node workloads/bookbuyer.mjs',
      'bookthief: node workloads/bookthief.mjs',
      'bookstore-v1: node workloads/bookstore.mjs',
      'bookstore-v2: node workloads/bookstore.mjs',
      'bookwarehouse: node workloads/bookwarehouse.mjs',
      'orders-db: node workloads/orders-db.mjs',
    ],
  );
});
