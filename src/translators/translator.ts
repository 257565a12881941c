/**
 * The arrow from the mesh to Envoy: a pure function that remembers. What did not change in the mesh is the same object
 * in the translation, resource by resource, so that it is not encoded, hashed or sent again.
 */
import type { EnvoyLayer, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { KeyedMemo, memoizeEntries, memoizeLast } from '../lib/memo.ts';
import type { Destinations, MeshModel, ServicePortKey, Workload } from '../mesh/model.ts';
import { type NamespacedName, namespacedName } from '../objects/object-ref.ts';
import type { TranslationOptions } from './options.ts';
import type { Upstream } from './outbound.ts';
import { passthroughCluster } from './outbound-transparent.ts';
import { createProxyTranslator } from './proxy.ts';
import { stableResourceSets } from './resource-set.ts';
import { createScoping } from './scope.ts';
import type { Credentials } from './secrets.ts';
import { createServiceTranslator, type ServiceNames } from './service.ts';

export interface Translation {
  /** Clusters, endpoints and routes of service ports: the same for every proxy. */
  readonly services: EnvoyResourceSet;
  /** What every transparent sidecar needs besides. */
  readonly transparent: EnvoyResourceSet;
  /** What every explicit sidecar needs besides. */
  readonly explicit: EnvoyResourceSet;
  /**
   * What the sidecar of one of the mesh's workloads is given: its own layer, and its share of the sets above. The same
   * array for as long as all of them are.
   */
  readonly layersFor: (workload: Workload, credentials: Credentials) => readonly EnvoyLayer[];
}

/**
 * Makes a translator. Each translation replaces the one before: sidecars whose layers were not asked for since then are
 * forgotten.
 */
export function createTranslator(options: TranslationOptions): (mesh: MeshModel) => Translation {
  const servicePorts = memoizeEntries((key: ServicePortKey) => createServiceTranslator(key, options.clusterDomain));
  const services = stableResourceSets();
  const transparent = stableResourceSets();
  const explicit = stableResourceSets();
  const byKey = memoizeLast((ports: readonly ServiceNames[]) => new Map(ports.map((port) => [port.key, port])));
  const openToAll = memoizeLast((keys: readonly ServicePortKey[]) => keys);
  const scopes = {
    transparent: createScoping(options.scope, 'transparent'),
    explicit: createScoping(options.scope, 'explicit'),
  };
  const proxies = new KeyedMemo((pod: NamespacedName) => createProxy(pod, options));

  return (mesh) => {
    const ports = servicePorts(mesh.services);
    const sets = {
      services: services(ports.map(({ shared }) => shared)),
      transparent: transparent([[passthroughCluster], ...ports.map((port) => port.transparent)]),
      explicit: explicit(ports.map((port) => port.explicit)),
    };
    const shared = {
      services: sets.services,
      reach: mesh.reach,
      byPort: byKey(ports.map(({ names }) => names)),
      openToAll: openToAll(ports.filter((port) => port.openToAll).map(({ names }) => names.key)),
    };
    const sharedLayers = {
      transparent: scopes.transparent({ ...shared, ofMode: sets.transparent }),
      explicit: scopes.explicit({ ...shared, ofMode: sets.explicit }),
    };
    proxies.sweep();
    return {
      ...sets,
      layersFor(workload, credentials) {
        const proxy = proxies.get(namespacedName(workload.pod.namespace, workload.pod.name));
        return proxy(workload, mesh.services, credentials, sharedLayers[workload.sidecar.mode](workload));
      },
    };
  };
}

/** The layers of one pod's proxy, its own first. */
function createProxy(key: NamespacedName, options: TranslationOptions) {
  const [namespace = '', name = ''] = key.split('/');
  const translate = createProxyTranslator({ group: '', kind: 'Pod', namespace, name }, options);
  const ownLayer = memoizeLast((resources: EnvoyResourceSet): EnvoyLayer => ({ resources, names: 'all' }));
  const layers = memoizeLast((own: EnvoyLayer, shared: readonly EnvoyLayer[]) => [own, ...shared]);
  const upstreams = new KeyedMemo(
    (
      _: string,
      localPort: number,
      port: ServicePortKey,
      protocol: Upstream['protocol'],
      to: ServicePortKey,
    ): Upstream => (protocol === 'udp' ? { localPort, port, protocol, to } : { localPort, port, protocol }),
  );
  return (
    workload: Workload,
    services: MeshModel['services'],
    credentials: Credentials,
    shared: readonly EnvoyLayer[],
  ): readonly EnvoyLayer[] => {
    const open = workload.upstreams.flatMap(({ localPort, port }) => {
      const service = services.get(port);
      if (service === undefined) return [];
      const isGiven = shared.some(({ names }) => names === 'all' || names.has(port));
      const isUdp = service.protocol === 'udp';
      const protocol = isUdp ? 'udp' : isGiven ? 'tcp' : 'closed';
      const to = (isUdp ? heaviest(service.routing.otherwise) : undefined) ?? port;
      return [upstreams.get(`${localPort} ${port}`, localPort, port, protocol, to)];
    });
    upstreams.sweep();
    return layers(ownLayer(translate(workload, open, credentials)), shared);
  };
}

/** Where all goes that cannot be divided; the first of equals. */
const heaviest = (destinations: Destinations): ServicePortKey | undefined =>
  destinations.toSorted((a, b) => b.weight - a.weight)[0]?.port;
