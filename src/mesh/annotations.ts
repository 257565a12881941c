/** What Pods and Namespaces say about the mesh in their `smi-envoy.io/…` annotations. */

import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { isIP } from './ip.ts';
import type { AccessMode } from './model.ts';
import type { MeshOptions, SidecarKind } from './options.ts';
import { errorOn } from './report.ts';
import { parseServiceName, type ServiceName } from './service-name.ts';

/** What the annotations of one object say; `undefined` where they say nothing. */
export interface Settings {
  readonly sidecar: SidecarKind | undefined;
  readonly mode: AccessMode | undefined;
  readonly inboundPort: number | undefined;
  readonly outboundPort: number | undefined;
  readonly appAddress: string | undefined;
  readonly upstreams: readonly Upstream[] | undefined;
}

/** `16432=orders-db:5432`: a local port and the service port that it leads to. */
export interface Upstream {
  readonly localPort: number;
  readonly service: ServiceName;
  readonly port: number;
}

export interface ReadSettings {
  readonly settings: Settings;
  readonly diagnostics: readonly Diagnostic[];
}

const prefix = 'smi-envoy.io/';

export const annotationField = (name: string): string => `metadata.annotations[${prefix}${name}]`;

/**
 * Reads annotations; those that cannot be understood are reported and ignored, with one exception: a `mode` that
 * cannot be understood means `enforce`, since what was meant to be restricted must not be open by a slip.
 */
export function readSettings(
  annotations: Readonly<Record<string, string>>,
  object: ObjectRef,
  ownNamespace: string,
  options: MeshOptions,
): ReadSettings {
  const diagnostics: Diagnostic[] = [];
  const invalid = (name: string, message: string): undefined => {
    diagnostics.push(errorOn('InvalidAnnotation', object, annotationField(name), message));
    return undefined;
  };
  const read = <T>(name: string, expected: string, parse: (text: string) => T | undefined): T | undefined => {
    const text = annotations[prefix + name];
    if (text === undefined) return undefined;
    return parse(text.trim()) ?? invalid(name, `${JSON.stringify(text)} is ignored; it must be ${expected}.`);
  };

  const settings: Settings = {
    sidecar: read('sidecar', 'transparent, explicit or none', oneOf(['transparent', 'explicit', 'none'])),
    mode:
      read(
        'mode',
        'enforce, audit or permissive, and is taken for enforce',
        oneOf(['enforce', 'audit', 'permissive']),
      ) ?? (annotations[`${prefix}mode`] === undefined ? undefined : 'enforce'),
    inboundPort: read('inbound-port', 'a port number', parsePort),
    outboundPort: read('outbound-port', 'a port number', parsePort),
    appAddress: read('app-address', 'an IP address or the word pod', (text) =>
      text === 'pod' || isIP(text) ? text : undefined,
    ),
    upstreams: read('upstreams', 'a list such as 16432=orders-db:5432', (text) => {
      const upstreams: Upstream[] = [];
      for (const entry of text.split(',').map((part) => part.trim())) {
        if (entry === '') continue;
        const upstream = parseUpstream(entry, ownNamespace, options.clusterDomain);
        if (upstream !== undefined) upstreams.push(upstream);
        else
          invalid('upstreams', `The entry ${JSON.stringify(entry)} is ignored; it must be like 16432=orders-db:5432.`);
      }
      return upstreams;
    }),
  };
  for (const name of Object.keys(annotations)) {
    if (!name.startsWith(prefix) || known.has(name.slice(prefix.length))) continue;
    invalid(name.slice(prefix.length), `There is no such annotation; known are ${[...known].join(', ')}.`);
  }
  return { settings, diagnostics };
}

const known: ReadonlySet<string> = new Set([
  'sidecar',
  'mode',
  'inbound-port',
  'outbound-port',
  'app-address',
  'upstreams',
]);

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T | undefined =>
    words.find((word) => word === text);

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

function parseUpstream(entry: string, ownNamespace: string, clusterDomain: string): Upstream | undefined {
  const [, local = '', name = '', number = ''] = /^(\d+)\s*=\s*([^:]+):(\d+)$/.exec(entry) ?? [];
  const localPort = parsePort(local);
  const port = parsePort(number);
  const service = parseServiceName(name, ownNamespace, clusterDomain);
  if (localPort === undefined || port === undefined || service === undefined) return undefined;
  return { localPort, service, port };
}
