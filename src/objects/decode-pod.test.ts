import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml, objectFromYaml, said } from '../testing/decode-yaml.ts';
import type { Pod } from './core.ts';

const podFrom = (yaml: string) =>
  objectFromYaml(`{apiVersion: v1, kind: Pod, metadata: {name: web-0}, ${yaml}}`) as Pod;

test('a Pod as an API server gives it', () => {
  const decoded = objectFromYaml(`
    apiVersion: v1
    kind: Pod
    metadata:
      name: web-0
      namespace: shop
      labels: {app: web}
      annotations: {smi-envoy.io/sidecar: explicit, other: x}
      deletionTimestamp: 2024-05-01T10:00:00Z
    spec:
      serviceAccountName: web
      serviceAccount: old
      hostNetwork: true
      hostname: web-0
      subdomain: web
      nodeName: node-1
      initContainers:
      - {name: setup, image: x, ports: [{containerPort: 1}]}
      - {name: proxy, image: x, restartPolicy: Always, ports: [{name: admin, containerPort: 9901}]}
      containers:
      - name: app
        image: x
        env: [{name: A, value: b}]
        ports: [{name: http, containerPort: 8080, protocol: TCP}, {containerPort: 53, protocol: UDP}]
      - {name: other, image: x}
    status:
      phase: Running
      podIP: 10.1.0.4
      podIPs: [{ip: 10.1.0.4}, {ip: 'fd00::4'}]
      conditions: [{type: Initialized, status: 'True'}, {type: Ready, status: 'True', lastTransitionTime: null}]`);
  assert.deepEqual(decoded, {
    meta: {
      namespace: 'shop',
      name: 'web-0',
      creationTimestamp: undefined,
      labels: { app: 'web' },
      annotations: { 'smi-envoy.io/sidecar': 'explicit' },
    },
    serviceAccount: 'web',
    ips: ['10.1.0.4', 'fd00::4'],
    ready: true,
    terminating: true,
    finished: false,
    hostNetwork: true,
    hostname: 'web-0',
    subdomain: 'web',
    containerPorts: [
      { name: 'http', port: 8080, protocol: 'TCP' },
      { name: undefined, port: 53, protocol: 'UDP' },
      { name: 'admin', port: 9901, protocol: 'TCP' },
    ],
  });
});

const readiness: Readonly<Record<string, readonly [yaml: string, ready: boolean]>> = {
  'a pod with an address and no conditions, as a person writes it, is ready': ['status: {podIP: 10.1.0.4}', true],
  'a pod with addresses and no conditions is ready': ['status: {podIPs: [{ip: 10.1.0.4}]}', true],
  'a pod that says it runs is ready': ['status: {podIP: 10.1.0.4, phase: Running, conditions: []}', true],
  'a pod that is pending is not ready': ['status: {podIP: 10.1.0.4, phase: Pending}', false],
  'a pod without an address is not ready': ['status: {conditions: [{type: Ready, status: "True"}]}', false],
  'a pod without a status is not ready': ['spec: {}', false],
  'a pod that was only scheduled is not ready': [
    'status: {podIP: 10.1.0.4, phase: Running, conditions: [{type: PodScheduled, status: "True"}]}',
    false,
  ],
  'a pod whose condition is False is not ready': [
    'status: {podIP: 10.1.0.4, conditions: [{type: Ready, status: "False"}]}',
    false,
  ],
};

for (const [name, [yaml, ready]] of Object.entries(readiness)) {
  test(name, () => assert.equal(podFrom(yaml).ready, ready));
}

test('a pod that has succeeded or failed is finished', () => {
  assert.deepEqual(
    ['Succeeded', 'Failed', 'Running'].map((phase) => podFrom(`status: {phase: ${phase}}`).finished),
    [true, true, false],
  );
});

test('without a service account it is default; the old field counts too', () => {
  assert.equal(podFrom('spec: {}').serviceAccount, 'default');
  assert.equal(podFrom('spec: {serviceAccountName: ""}').serviceAccount, 'default');
  assert.equal(podFrom('spec: {serviceAccount: web}').serviceAccount, 'web');
});

test('a container port out of range is refused', () => {
  const decoded = decodeYaml(
    '{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{ports: [{containerPort: 70000}]}]}}',
  );
  assert.deepEqual(said(decoded), [
    'Pod default/a: spec.containers[0].ports[0].containerPort: must be a port, 1 to 65535 (InvalidObject)',
  ]);
});
