import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml, objectFromYaml, said } from '../testing/decode-yaml.ts';

const meta = {
  namespace: 'default',
  name: 'web',
  creationTimestamp: undefined,
  labels: {},
  annotations: {},
};
const plain = {
  meta,
  clusterIPs: [],
  headless: false,
  externalName: undefined,
  selector: undefined,
  publishNotReadyAddresses: false,
  ports: [],
};
const port = { name: undefined, port: 80, targetPort: 80, protocol: 'TCP', appProtocol: undefined };

const services: Readonly<Record<string, readonly [yaml: string, service: object]>> = {
  'a Service as an API server gives it': [
    `
     apiVersion: v1
     kind: Service
     metadata:
       name: web
       namespace: shop
       uid: 7d1c
       resourceVersion: '12'
       generation: 2
       creationTimestamp: 2024-05-01T10:00:00Z
       labels: {app: web}
       annotations: {smi-envoy.io/mode: audit, kubectl.kubernetes.io/last-applied-configuration: '{}'}
       managedFields: [{manager: kubectl}]
     spec:
       type: ClusterIP
       clusterIP: 10.96.0.7
       clusterIPs: [10.96.0.7, 'fd00::7']
       ipFamilies: [IPv4, IPv6]
       selector: {app: web}
       sessionAffinity: None
       ports:
       - {name: http, port: 80, targetPort: 8080, protocol: TCP, appProtocol: http, nodePort: 30080}
       - {name: dns, port: 53, targetPort: dns-udp, protocol: UDP}
     status: {loadBalancer: {}}`,
    {
      meta: {
        namespace: 'shop',
        name: 'web',
        creationTimestamp: '2024-05-01T10:00:00Z',
        labels: { app: 'web' },
        annotations: { 'smi-envoy.io/mode': 'audit' },
      },
      clusterIPs: ['10.96.0.7', 'fd00::7'],
      headless: false,
      externalName: undefined,
      selector: { app: 'web' },
      publishNotReadyAddresses: false,
      ports: [
        { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP', appProtocol: 'http' },
        { name: 'dns', port: 53, targetPort: 'dns-udp', protocol: 'UDP', appProtocol: undefined },
      ],
    },
  ],
  'without a namespace it is in default': ['{apiVersion: v1, kind: Service, metadata: {name: web}}', plain],
  'with an empty namespace it is in default': [
    "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: ''}}",
    plain,
  ],
  'what Go writes as null is absent': [
    `{apiVersion: v1, kind: Service, metadata: {name: web, creationTimestamp: null, labels: null, annotations: null},
      spec: {selector: null, ports: null, clusterIP: null, clusterIPs: null, externalName: null}}`,
    plain,
  ],
  'cluster IP None makes it headless': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: None, publishNotReadyAddresses: true}}',
    { ...plain, headless: true, publishNotReadyAddresses: true },
  ],
  'the list of cluster IPs makes it headless too': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIPs: [None]}}',
    { ...plain, headless: true },
  ],
  'one cluster IP is enough': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.0.0.1}}',
    { ...plain, clusterIPs: ['10.0.0.1'] },
  ],
  'an external name counts for the type ExternalName': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: ExternalName, externalName: example.com}}',
    { ...plain, externalName: 'example.com' },
  ],
  'an external name does not count for another type': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: ClusterIP, externalName: example.com}}',
    plain,
  ],
  'an empty selector selects nothing': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {}}}',
    plain,
  ],
  'without a target port it is the port': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}',
    { ...plain, ports: [port] },
  ],
  'a target port of 0 or nothing is the port': [
    "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80, targetPort: 0}, {port: 80, targetPort: ''}]}}",
    { ...plain, ports: [port, port] },
  ],
  'a target port in quotes is a number': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80, targetPort: "8080"}]}}',
    { ...plain, ports: [{ ...port, targetPort: 8080 }] },
  ],
};

for (const [name, [yaml, service]] of Object.entries(services)) {
  test(name, () => assert.deepEqual(objectFromYaml(yaml), service));
}

const refused: Readonly<Record<string, readonly [yaml: string, ...said: string[]]>> = {
  'a port that is a word': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: http}, {port: 80, protocol: HTTP}]}}',
    'Service default/web: spec.ports[0].port: must be a whole number (InvalidObject)',
    'Service default/web: spec.ports[1].protocol: must be TCP, UDP or SCTP (InvalidObject)',
  ],
  'a port out of range': [
    '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 0}]}}',
    'Service default/web: spec.ports[0].port: must be a port, 1 to 65535 (InvalidObject)',
  ],
  'a label that is no string': [
    '{apiVersion: v1, kind: Service, metadata: {name: web, labels: {version: 1}}}',
    'Service default/web: metadata.labels.version: must be a string, not the number 1 (InvalidObject)',
  ],
  'a name with a slash': [
    '{apiVersion: v1, kind: Service, metadata: {name: a/b}}',
    'Service default/a/b: metadata.name: must consist of lower case letters, digits, "-" and ".", and begin and end with a letter or digit (InvalidObject)',
  ],
  'no name at all': [
    '{apiVersion: v1, kind: Service}',
    'Service without a name: metadata: is required: a map (InvalidObject)',
  ],
};

for (const [name, [yaml, ...expected]] of Object.entries(refused)) {
  test(`${name} is refused`, () => {
    const decoded = decodeYaml(yaml);
    assert.equal(decoded.outcome, 'invalid');
    assert.deepEqual(said(decoded), expected);
  });
}
