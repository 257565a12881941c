/**
 * The arrow from the mesh to Envoy: a pure function that remembers. What did not change in the mesh is the same object
 * in the translation, resource by resource, so that it is not encoded, hashed or sent again.
 */
import type { EnvoyLayer, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { KeyedMemo, memoizeByIdentity, memoizeEntries, memoizeLast } from '../lib/memo.ts';
import type { Destinations, MeshModel, ServicePortKey, SidecarInbound, Workload } from '../mesh/model.ts';
import { type NamespacedName, namespacedName, type ObjectRef } from '../objects/object-ref.ts';
import type { TranslationOptions } from './options.ts';
import type { Upstream } from './outbound.ts';
import { passthroughCluster } from './outbound-transparent.ts';
import { createProxyTranslator } from './proxy.ts';
import { stableResourceSets } from './resource-set.ts';
import { createScoping, type Shared } from './scope.ts';
import type { Credentials } from './secrets.ts';
import { createServiceTranslator } from './service.ts';
import { createWay, type WayNames } from './ways.ts';

export interface Translation {
  /** Clusters, endpoints and routes of service ports: the same for every proxy. */
  readonly services: EnvoyResourceSet;
  /** What every transparent sidecar needs besides. Empty where there is none. */
  readonly transparent: EnvoyResourceSet;
  /** What every explicit sidecar needs besides. Empty where there is none. */
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
  const servicePorts = memoizeEntries(createServiceTranslator);
  const services = stableResourceSets();
  const openToAll = memoizeLast((keys: readonly ServicePortKey[]) => keys);
  const modesOf = memoizeLast(
    (workloads: MeshModel['workloads']) => new Set([...workloads.values()].map(({ sidecar }) => sidecar.mode)),
  );
  const transparent = createMode('transparent', options);
  const explicit = createMode('explicit', options);
  const proxies = new KeyedMemo((pod: NamespacedName) => createProxy(pod, options));

  return (mesh) => {
    const shared = {
      services: services(servicePorts(mesh.services)),
      reach: mesh.reach,
      openToAll: openToAll([...mesh.services.values()].filter((port) => port.openToAll).map(({ key }) => key)),
    };
    const modes = modesOf(mesh.workloads);
    const ways = {
      transparent: transparent(modes.has('transparent') ? mesh.services : undefined, shared),
      explicit: explicit(modes.has('explicit') ? mesh.services : undefined, shared),
    };
    proxies.sweep();
    return {
      services: shared.services,
      transparent: ways.transparent.resources,
      explicit: ways.explicit.resources,
      layersFor(workload, credentials) {
        const proxy = proxies.get(podKey(workload.pod));
        return proxy(workload, mesh.services, credentials, ways[workload.sidecar.mode].layersOf(workload));
      },
    };
  };
}

/** What sidecars of one mode share; nothing, where there is none: it is much. */
function createMode(mode: SidecarInbound['mode'], options: TranslationOptions) {
  const ways = memoizeEntries((key: ServicePortKey) => createWay[mode](key, options.clusterDomain));
  const resourceSet = stableResourceSets();
  const byKey = memoizeLast((names: readonly WayNames[]) => new Map(names.map((way) => [way.key, way])));
  const scopesOf = createScoping(options.scope, mode);
  const always = mode === 'transparent' ? [[passthroughCluster]] : [];
  return (services: MeshModel['services'] | undefined, shared: Omit<Shared, 'ofMode' | 'byPort'>) => {
    const made = ways(services ?? nothing);
    const resources = resourceSet([...(services === undefined ? [] : always), ...made.map((way) => way.resources)]);
    const byPort = byKey(made.map(({ names }) => names));
    return { resources, layersOf: scopesOf({ ...shared, ofMode: resources, byPort }) };
  };
}

const nothing: MeshModel['services'] = new Map();

/** Asked of each proxy at each change, when making the text anew would cost more than all the rest. */
const podKey = memoizeByIdentity(({ namespace, name }: ObjectRef) => namespacedName(namespace, name));

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
