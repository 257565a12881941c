/** Which of the shared resources a proxy is given: those of the services it may call. */
import type { EnvoyLayer, EnvoyResourceSet } from '../envoy/envoy-resource.ts';
import { KeyedMemo } from '../lib/memo.ts';
import type { MeshModel, ServicePortKey, SidecarInbound, Workload } from '../mesh/model.ts';
import { names } from './names.ts';
import type { TranslationOptions } from './options.ts';
import type { WayNames } from './ways.ts';

/** What every scope is made from: each the same object for as long as its content is the same. */
export interface Shared {
  readonly services: EnvoyResourceSet;
  /** What the proxies of this mode need besides. */
  readonly ofMode: EnvoyResourceSet;
  readonly reach: MeshModel['reach'];
  readonly byPort: ReadonlyMap<ServicePortKey, WayNames>;
  readonly openToAll: readonly ServicePortKey[];
}

/**
 * Makes the scopes of all proxies of one mode, again and again. Proxies that may reach the same by the same names have
 * the same layers, and keep them for as long as nothing in the shared sets changes.
 */
export function createScoping(
  scope: TranslationOptions['scope'],
  mode: SidecarInbound['mode'],
): (shared: Shared) => (workload: Workload) => readonly EnvoyLayer[] {
  const lists = new KeyedMemo(
    (
      _: string,
      namespace: string,
      reached: ReadonlySet<ServicePortKey> | 'all',
      byPort: Shared['byPort'],
      openToAll: Shared['openToAll'],
    ): readonly string[] => {
      const ports = reached === 'all' ? byPort.keys() : [...reached, ...openToAll];
      const given: string[] = [names.passthrough];
      for (const key of ports) {
        const known = byPort.get(key);
        if (known === undefined) continue;
        given.push(names.service(key), ...known.everywhere);
        if (mode === 'explicit' && key.startsWith(`${namespace}/`)) given.push(...known.ownNamespace);
      }
      return given;
    },
  );
  const sets = new KeyedMemo((_: string, given: readonly string[]): ReadonlySet<string> => new Set(given));
  const layers = new KeyedMemo(
    (
      _: string,
      services: EnvoyResourceSet,
      ofMode: EnvoyResourceSet,
      given: ReadonlySet<string>,
    ): readonly EnvoyLayer[] => [
      { resources: services, names: given },
      { resources: ofMode, names: given },
    ],
  );
  return ({ services, ofMode, reach, byPort, openToAll }) => {
    lists.sweep();
    sets.sweep();
    layers.sweep();
    const known = new Map<string, readonly EnvoyLayer[]>();
    return ({ identity, pod }) => {
      // An identity has a namespace too, so one name says all that a scope depends on.
      const home = mode === 'explicit' ? pod.namespace : '';
      const whose = scope === 'all' ? home : identity;
      let given = known.get(whose);
      if (given === undefined) {
        const reached = scope === 'all' ? 'all' : (reach.get(identity) ?? nothing);
        const list = lists.get(whose, home, reached, byPort, openToAll);
        given = layers.get(whose, services, ofMode, sets.get(whose, list));
        known.set(whose, given);
      }
      return given;
    };
  };
}

const nothing: ReadonlySet<ServicePortKey> = new Set();
