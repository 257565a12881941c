/** Which of the shared resources a proxy is given: those of the services it may call. */
import { KeyedMemo } from '../lib/memo.ts';
import type { MeshModel, ServicePortKey, SidecarInbound, Workload } from '../mesh/model.ts';
import { names } from './names.ts';
import type { TranslationOptions } from './options.ts';
import type { ServiceNames } from './service.ts';

/** What every scope is made from. Both are the same objects for as long as their content is the same. */
export interface Scopes {
  readonly byPort: ReadonlyMap<ServicePortKey, ServiceNames>;
  readonly openToAll: readonly ServicePortKey[];
}

/** Sidecars of the same mode and namespace that reach the same have the same set of names. */
export function createScoping(scope: TranslationOptions['scope']): {
  namesFor(workload: Workload, reach: MeshModel['reach'], scopes: Scopes): ReadonlySet<string>;
  /** Forgets whom was not asked for since the last sweep. */
  sweep(): void;
} {
  const lists = new KeyedMemo(
    (
      _: string,
      namespace: string,
      mode: SidecarInbound['mode'],
      reached: ReadonlySet<ServicePortKey> | 'all',
      byPort: Scopes['byPort'],
      openToAll: Scopes['openToAll'],
    ): readonly string[] => {
      const ports = reached === 'all' ? byPort.keys() : [...reached, ...openToAll];
      const given: string[] = [names.passthrough];
      for (const key of ports) {
        const known = byPort.get(key);
        if (known === undefined) continue;
        given.push(known.shared, ...known[mode]);
        if (mode === 'explicit' && key.startsWith(`${namespace}/`)) given.push(...known.explicitOwnNamespace);
      }
      return given;
    },
  );
  const sets = new KeyedMemo((_: string, given: readonly string[]): ReadonlySet<string> => new Set(given));
  return {
    namesFor({ pod: { namespace }, sidecar: { mode }, identity }, reach, { byPort, openToAll }) {
      const reached = scope === 'all' ? 'all' : (reach.get(identity) ?? nothing);
      const home = mode === 'explicit' ? namespace : '';
      const who = `${mode} ${home} ${scope === 'all' ? '' : identity}`;
      return sets.get(who, lists.get(who, home, mode, reached, byPort, openToAll));
    },
    sweep() {
      lists.sweep();
      sets.sweep();
    },
  };
}

const nothing: ReadonlySet<ServicePortKey> = new Set();
