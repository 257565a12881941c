import type { Resource } from '../snapshot/resource.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { ProxyId, XdsEvent } from '../xds-server/api.ts';
import { XdsServer, type XdsServerOptions } from '../xds-server/server.ts';
import { FakeEnvoy, type FakeEnvoyOptions } from './fake-envoy.ts';
import { cluster, endpoint, listener, route } from './resources.ts';

const closers: (() => Promise<void> | void)[] = [];

/** Ends all servers and clients of this process: `after(closeAll)`. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** A server on a port of its own, what it said, and clients for it. Closed by `closeAll`. */
export async function startServer(options: XdsServerOptions = {}) {
  const events: XdsEvent[] = [];
  const waiting: (() => void)[] = [];
  const server = new XdsServer({
    ...options,
    onEvent: (event) => {
      events.push(event);
      for (const look of waiting) look();
    },
  });
  const { port } = await server.listen('127.0.0.1:0');
  closers.push(() => server.close());
  const address = `127.0.0.1:${port}`;
  const connect = (client: Partial<FakeEnvoyOptions> = {}) => {
    const envoy = new FakeEnvoy({ address, variant: 'delta', aggregated: true, node: 'a', ...client });
    closers.push(() => envoy.close());
    return envoy;
  };
  const publish = (snapshots: Readonly<Record<string, Snapshot>>) =>
    server.publish(new Map(Object.entries(snapshots) as [ProxyId, Snapshot][]));
  const eventsOf = <T extends XdsEvent['type']>(type: T) =>
    events.filter((event): event is Extract<XdsEvent, { readonly type: T }> => event.type === type);
  /** Resolves once the events make it true. */
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => condition() && resolve();
      waiting.push(look);
      look();
    });
  return { server, address, connect, publish, events, eventsOf, until };
}

/** A service that a listener leads to, all by the name `web`; the revision is that of its route. */
export const web = (revision = 1): readonly Resource[] => [
  cluster('web'),
  endpoint('web'),
  listener('web'),
  route('web', revision),
];

/** The order in which things came: `cluster a b`, or `cluster -a` where a was removed. */
export const told = (envoy: FakeEnvoy): readonly string[] =>
  envoy.received.map(({ type, resources, removed }) =>
    [type, ...resources.keys(), ...removed.map((name) => `-${name}`)].join(' '),
  );

/** True when it holds just these bytes by their names; it may hold others. */
export const holds = (envoy: FakeEnvoy, ...resources: readonly Resource[]): boolean =>
  resources.every(
    ({ type, name, bytes }) => Buffer.compare(envoy.held(type).get(name)?.bytes ?? Buffer.alloc(0), bytes) === 0,
  );

/** The variants of the protocol. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#four-variants */
export const fourWays = [
  { variant: 'delta', aggregated: true },
  { variant: 'delta', aggregated: false },
  { variant: 'sotw', aggregated: true },
  { variant: 'sotw', aggregated: false },
] as const;
