/** The pods that can serve or call, with what the mesh has to know of each, and the ways to find them. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { append } from '../lib/grouping.ts';
import { KeyedMemo, memoizeByIdentity, memoizeLast } from '../lib/memo.ts';
import { by } from '../lib/order.ts';
import { createSharing } from '../lib/sharing.ts';
import type { Namespace, Pod } from '../objects/core.ts';
import type { NamespacedName, ObjectRef } from '../objects/object-ref.ts';
import { annotationField, type ReadSettings, readSettings, type Upstream } from './annotations.ts';
import type { AccessMode, SidecarInbound } from './model.ts';
import type { MeshOptions } from './options.ts';
import { keyOf, namespaceRef, podRef } from './refs.ts';
import { errorOn } from './report.ts';
import { type SpiffeId, serviceAccountId } from './spiffe-id.ts';

export interface MeshPod {
  readonly key: NamespacedName;
  readonly ref: ObjectRef;
  readonly pod: Pod;
  readonly identity: SpiffeId;
  /** `undefined`: it has none. */
  readonly sidecar: SidecarInbound | undefined;
  readonly mode: AccessMode;
  readonly outboundPort: number;
  readonly appAddress: string | undefined;
  readonly upstreams: readonly Upstream[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface PodWithSidecar extends MeshPod {
  readonly sidecar: SidecarInbound;
}

export const hasSidecar = (pod: MeshPod): pod is PodWithSidecar => pod.sidecar !== undefined;

export interface PodsOfNamespace {
  /** Sorted by name. */
  readonly all: readonly MeshPod[];
  readonly byName: (name: string) => MeshPod | undefined;
  readonly byAddress: (address: string) => MeshPod | undefined;
  /** Those that have all of the labels, sorted by name. No labels: no pods. */
  readonly byLabels: (labels: Readonly<Record<string, string>>) => readonly MeshPod[];
}

export interface Pods {
  /** Sorted by namespace and name. */
  readonly all: readonly MeshPod[];
  readonly inNamespace: (namespace: string) => PodsOfNamespace;
  readonly byIdentity: (identity: SpiffeId) => readonly MeshPod[];
  readonly diagnostics: readonly Diagnostic[];
}

const defaultInboundPort = 15006;
const defaultOutboundPort = 15001;

/** The result is the same as long as both maps are, and each pod in it as long as the Pod and its Namespace are. */
export function createPods(
  options: MeshOptions,
): (pods: ReadonlyMap<NamespacedName, Pod>, namespaces: ReadonlyMap<NamespacedName, Namespace>) => Pods {
  const readNamespace = memoizeByIdentity((namespace: Namespace) =>
    readSettings(namespace.meta.annotations, namespaceRef(namespace), namespace.meta.name, options),
  );
  const share = createSharing();
  const readPod = new KeyedMemo((_key: NamespacedName, pod: Pod, defaults: ReadSettings | undefined) =>
    makePod(pod, defaults, options, share),
  );
  const namespaceIndexes = new KeyedMemo((_namespace: string, pods: readonly MeshPod[]) => indexNamespace(pods));

  return memoizeLast((podMap, namespaceMap) => {
    const namespaces = new Map<string, ReadSettings>();
    const diagnostics: Diagnostic[] = [];
    for (const namespace of namespaceMap.values()) {
      const read = readNamespace(namespace);
      namespaces.set(namespace.meta.name, read);
      diagnostics.push(...read.diagnostics);
    }

    const all: MeshPod[] = [];
    for (const pod of podMap.values()) {
      if (pod.finished) continue;
      all.push(readPod.get(keyOf(pod), pod, namespaces.get(pod.meta.namespace)));
    }
    readPod.sweep();
    all.sort(by((pod) => pod.key));

    const byNamespace = new Map<string, MeshPod[]>();
    const byIdentity = new Map<SpiffeId, MeshPod[]>();
    for (const pod of all) {
      append(byNamespace, pod.pod.meta.namespace, pod);
      append(byIdentity, pod.identity, pod);
      if (pod.diagnostics.length > 0) diagnostics.push(...pod.diagnostics);
    }
    const indexes = new Map([...byNamespace].map(([name, pods]) => [name, namespaceIndexes.get(name, pods)] as const));
    namespaceIndexes.sweep();
    return {
      all,
      inNamespace: (namespace) => indexes.get(namespace) ?? noPods,
      byIdentity: (identity) => byIdentity.get(identity) ?? [],
      diagnostics,
    };
  });
}

/** `share` makes equal values the same: most pods differ in little. */
function makePod(
  pod: Pod,
  namespace: ReadSettings | undefined,
  options: MeshOptions,
  share: <Value>(value: Value) => Value,
): MeshPod {
  const ref = podRef(pod);
  const own = readSettings(pod.meta.annotations, ref, pod.meta.namespace, options);
  const setting = <Name extends keyof ReadSettings['settings']>(name: Name): ReadSettings['settings'][Name] =>
    own.settings[name] ?? namespace?.settings[name];

  const diagnostics = [...own.diagnostics];
  let kind = setting('sidecar') ?? options.defaultSidecar;
  if (kind === 'transparent' && pod.hostNetwork) {
    // The node's traffic is everybody's: there is nothing to intercept that would be this pod's alone.
    kind = 'none';
    if (own.settings.sidecar === 'transparent') {
      const message = 'A pod on its host’s network cannot have a transparent sidecar; it is taken to have none.';
      diagnostics.push(errorOn('InvalidAnnotation', ref, annotationField('sidecar'), message));
    }
  }
  const appAddress = setting('appAddress') ?? '127.0.0.1';
  let inboundPort = setting('inboundPort') ?? defaultInboundPort;
  let outboundPort = setting('outboundPort') ?? defaultOutboundPort;
  if (kind === 'explicit' && inboundPort === outboundPort) {
    const message = `The sidecar cannot have port ${inboundPort} for both directions; it has the default ports.`;
    diagnostics.push(errorOn('InvalidAnnotation', ref, annotationField('outbound-port'), message));
    inboundPort = defaultInboundPort;
    outboundPort = defaultOutboundPort;
  }
  return {
    key: keyOf(pod),
    ref,
    pod,
    identity: serviceAccountId(options.trustDomain, pod.meta.namespace, pod.serviceAccount),
    sidecar: share(
      kind === 'none'
        ? undefined
        : kind === 'transparent'
          ? { mode: 'transparent' }
          : { mode: 'explicit', port: inboundPort },
    ),
    mode: setting('mode') ?? options.defaultMode,
    outboundPort,
    appAddress: kind !== 'explicit' ? undefined : appAddress === 'pod' ? (pod.ips[0] ?? '127.0.0.1') : appAddress,
    upstreams: setting('upstreams') ?? none,
    diagnostics: diagnostics.length === 0 ? none : diagnostics,
  };
}

const none: readonly never[] = [];

const noPods: PodsOfNamespace = {
  all: [],
  byName: () => undefined,
  byAddress: () => undefined,
  byLabels: () => [],
};

/** Selectors are answered from an index of label pairs: a Service must not cost a look at every pod. */
function indexNamespace(all: readonly MeshPod[]): PodsOfNamespace {
  const byName = new Map<string, MeshPod>();
  const byAddress = new Map<string, MeshPod>();
  const byLabel = new Map<string, MeshPod[]>();
  for (const pod of all) {
    byName.set(pod.pod.meta.name, pod);
    // Pods on their host's network share its address: it is nobody's.
    if (!pod.pod.hostNetwork) for (const address of pod.pod.ips) byAddress.set(address, pod);
    for (const [name, value] of Object.entries(pod.pod.meta.labels)) append(byLabel, labelPair(name, value), pod);
  }
  return {
    all,
    byName: (name) => byName.get(name),
    byAddress: (address) => byAddress.get(address),
    byLabels: (labels) => {
      const wanted = Object.entries(labels);
      let rarest: readonly MeshPod[] | undefined;
      for (const [name, value] of wanted) {
        const pods = byLabel.get(labelPair(name, value)) ?? [];
        if (rarest === undefined || pods.length < rarest.length) rarest = pods;
      }
      if (rarest === undefined || wanted.length === 1) return rarest ?? [];
      return rarest.filter(({ pod }) => wanted.every(([name, value]) => pod.meta.labels[name] === value));
    },
  };
}

const labelPair = (name: string, value: string): string => `${name}=${value}`;
