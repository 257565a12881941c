import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectChange } from '../cluster/cluster-state.ts';
import { namespace, pod } from '../testing/builders.ts';
import { meshWith } from '../testing/mesh-of.ts';
import type { Workload } from './model.ts';
import type { MeshOptions } from './options.ts';

type Annotations = Readonly<Record<string, string>>;

interface Given {
  readonly pod?: Annotations;
  readonly namespace?: Annotations;
  readonly options?: Partial<MeshOptions>;
  readonly hostNetwork?: boolean;
  readonly ips?: readonly string[];
}

function workloadOf({ pod: own = {}, namespace: shared = {}, options = {}, ...rest }: Given) {
  const objects: readonly ObjectChange[] = [
    namespace('shop', { annotations: shared }),
    pod('shop/web-1', { annotations: own, ...rest }),
  ];
  const mesh = meshWith(options, ...objects);
  return { workload: [...mesh.workloads.values()][0], diagnostics: mesh.diagnostics };
}

const explicit = { sidecar: { mode: 'explicit', port: 15006 }, appAddress: '127.0.0.1', outboundPort: 15001 } as const;
const transparent = { sidecar: { mode: 'transparent' }, appAddress: undefined, outboundPort: 15001 } as const;

const rows: Readonly<Record<string, readonly [Given, Partial<Workload> | undefined]>> = {
  'a pod has no sidecar unless somebody says so': [{}, undefined],
  'a pod may say that its sidecar is transparent': [{ pod: { sidecar: 'transparent' } }, transparent],
  'a pod may say that its sidecar is explicit': [{ pod: { sidecar: 'explicit' } }, explicit],
  'a namespace speaks for its pods': [{ namespace: { sidecar: 'explicit' } }, explicit],
  'a pod overrules its namespace': [{ pod: { sidecar: 'none' }, namespace: { sidecar: 'explicit' } }, undefined],
  'the mesh has a default': [{ options: { defaultSidecar: 'transparent' } }, transparent],
  'a pod on its host’s network is not in the default': [
    { options: { defaultSidecar: 'transparent' }, hostNetwork: true },
    undefined,
  ],
  'ports and addresses of an explicit sidecar can be chosen': [
    {
      pod: { sidecar: 'explicit', 'inbound-port': '15106', 'outbound-port': '15101', 'app-address': '127.0.0.5' },
    },
    { sidecar: { mode: 'explicit', port: 15106 }, appAddress: '127.0.0.5', outboundPort: 15101 },
  ],
  'an application may be reached by an IPv6 address': [
    { pod: { sidecar: 'explicit', 'app-address': '::1' } },
    { ...explicit, appAddress: '::1' },
  ],
  'an application may be reached by the address of its pod': [
    { pod: { sidecar: 'explicit', 'app-address': 'pod' }, ips: ['10.0.0.7'] },
    { ...explicit, appAddress: '10.0.0.7' },
  ],
  'spaces around a value do no harm': [{ pod: { sidecar: ' explicit ' } }, explicit],
};

for (const [title, [given, expected]] of Object.entries(rows)) {
  test(title, () => {
    const { workload, diagnostics } = workloadOf(given);
    assert.deepEqual(diagnostics, []);
    assert.equal(workload === undefined, expected === undefined);
    assert.partialDeepStrictEqual(workload ?? {}, expected ?? {});
  });
}

const invalid: Readonly<Record<string, readonly [Annotations, Partial<Workload> | undefined, string]>> = {
  'an unknown kind of sidecar is ignored': [
    { sidecar: 'ambient' },
    undefined,
    'metadata.annotations[smi-envoy.io/sidecar]: "ambient" is ignored; it must be transparent, explicit or none.',
  ],
  'R42: a mode that cannot be understood enforces': [
    { sidecar: 'explicit', mode: 'Audit' },
    { mode: 'enforce' },
    'metadata.annotations[smi-envoy.io/mode]: "Audit" is ignored; it must be enforce, audit or permissive, and is taken for enforce.',
  ],
  'a port out of range is ignored': [
    { sidecar: 'explicit', 'inbound-port': '70000' },
    explicit,
    'metadata.annotations[smi-envoy.io/inbound-port]: "70000" is ignored; it must be a port number.',
  ],
  'an address that is none is ignored': [
    { sidecar: 'explicit', 'app-address': 'localhost' },
    explicit,
    'metadata.annotations[smi-envoy.io/app-address]: "localhost" is ignored; it must be an IP address or the word pod.',
  ],
  'an address that only looks like IPv6 is ignored': [
    { sidecar: 'explicit', 'app-address': '127.0.0.1:8080' },
    explicit,
    'metadata.annotations[smi-envoy.io/app-address]: "127.0.0.1:8080" is ignored; it must be an IP address or the word pod.',
  ],
  'one port for both directions is ignored': [
    { sidecar: 'explicit', 'outbound-port': '15006' },
    explicit,
    'metadata.annotations[smi-envoy.io/outbound-port]: The sidecar cannot have port 15006 for both directions; it has the default ports.',
  ],
  'an annotation that does not exist is ignored': [
    { sidecar: 'explicit', sidcar: 'none' },
    explicit,
    'metadata.annotations[smi-envoy.io/sidcar]: There is no such annotation; known are sidecar, mode, inbound-port, outbound-port, app-address, upstreams.',
  ],
};

for (const [title, [annotations, expected, message]] of Object.entries(invalid)) {
  test(`${title}, and reported`, () => {
    const { workload, diagnostics } = workloadOf({ pod: annotations, options: { defaultMode: 'permissive' } });
    assert.deepEqual(
      diagnostics.map((each) => [each.reason, each.object.kind, `${each.field}: ${each.message}`]),
      [['InvalidAnnotation', 'Pod', message]],
    );
    assert.equal(workload === undefined, expected === undefined);
    assert.partialDeepStrictEqual(workload ?? {}, expected ?? {});
  });
}

test('an invalid annotation of a namespace is reported on it once, and ignored for its pods', () => {
  const { workload, diagnostics } = workloadOf({ namespace: { sidecar: 'nope' }, pod: { sidecar: 'explicit' } });
  assert.deepEqual(
    diagnostics.map(({ object }) => object),
    [{ group: '', kind: 'Namespace', namespace: '', name: 'shop' }],
  );
  assert.deepEqual(workload?.sidecar, { mode: 'explicit', port: 15006 });
});

test('a transparent sidecar cannot be had on a host’s network', () => {
  const { workload, diagnostics } = workloadOf({ pod: { sidecar: 'transparent' }, hostNetwork: true });
  assert.equal(workload, undefined);
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    ['A pod on its host’s network cannot have a transparent sidecar; it is taken to have none.'],
  );
});
