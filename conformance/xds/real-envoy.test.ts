/** The xDS server with a real Envoy at the other end, on snapshots written by hand. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { pack } from '../../src/envoy/any.ts';
import { Cluster, Cluster_DiscoveryType } from '../../src/gen/envoy/config/cluster/v3/cluster.ts';
import { ApiVersion, type ConfigSource } from '../../src/gen/envoy/config/core/v3/config_source.ts';
import { Listener } from '../../src/gen/envoy/config/listener/v3/listener.ts';
import { RouteConfiguration } from '../../src/gen/envoy/config/route/v3/route.ts';
import { Router } from '../../src/gen/envoy/extensions/filters/http/router/v3/router.ts';
import { HttpConnectionManager } from '../../src/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts';
import { Secret } from '../../src/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts';
import { UpstreamTlsContext } from '../../src/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts';
import { makeResource } from '../../src/snapshot/make.ts';
import type { Resource } from '../../src/snapshot/resource.ts';
import { cluster, endpoint, route, snapshotOf } from '../../src/testing/resources.ts';
import type { ProxyId, XdsEvent } from '../../src/xds-server/api.ts';
import { XdsServer } from '../../src/xds-server/server.ts';
import { Envoy } from '../lib/envoy.ts';
import { eventually } from '../lib/eventually.ts';
import { needs } from '../lib/requirements.ts';
import { makeScratch } from '../lib/scratch.ts';

const proxy = 'real' as ProxyId;

const ads: ConfigSource = { configSourceSpecifier: { $case: 'ads', value: {} }, resourceApiVersion: ApiVersion.V3 };

/** An Envoy that knows nothing but where its xDS server is. */
const bootstrap = (port: number, apiType: 'GRPC' | 'DELTA_GRPC') => {
  const ads = { ads: {}, resource_api_version: 'V3' };
  return {
    node: { id: proxy, cluster: 'test' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    dynamic_resources: {
      ads_config: {
        api_type: apiType,
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          connect_timeout: '1s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
                ],
              },
            ],
          },
        },
      ],
    },
  };
};

/** An HTTP listener on a port that the system chooses. */
const openListener = (name: string, revision = 1): Resource =>
  makeResource(
    'listener',
    name,
    Listener.encode({
      name,
      address: {
        address: {
          $case: 'socketAddress',
          value: { address: '127.0.0.1', portSpecifier: { $case: 'portValue', value: 0 } },
        },
      },
      filterChains: [
        {
          filters: [
            {
              name: 'http',
              configType: {
                $case: 'typedConfig',
                value: pack(HttpConnectionManager, {
                  statPrefix: `${name}-${revision}`,
                  routeSpecifier: {
                    $case: 'rds',
                    value: {
                      routeConfigName: name,
                      configSource: ads,
                    },
                  },
                  httpFilters: [{ name: 'router', configType: { $case: 'typedConfig', value: pack(Router, {}) } }],
                }),
              },
            },
          ],
        },
      ],
    }).finish(),
  );

/** Roots to trust, as a secret. */
const secret = (name: string, certificate = ''): Resource =>
  makeResource(
    'secret',
    name,
    Secret.encode({
      name,
      type: {
        $case: 'validationContext',
        value: { trustedCa: { specifier: { $case: 'inlineString', value: certificate } } },
      },
    }).finish(),
  );

/** A cluster that is not warm before it has its endpoints and the secret `roots`. */
const tlsCluster = (name: string, revision = 1): Resource =>
  makeResource(
    'cluster',
    name,
    Cluster.encode({
      name,
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: ads },
      connectTimeout: { seconds: revision, nanos: 0 },
      transportSocket: {
        name: 'tls',
        configType: {
          $case: 'typedConfig',
          value: pack(UpstreamTlsContext, {
            commonTlsContext: {
              validationContextType: {
                $case: 'validationContextSdsSecretConfig',
                value: { name: 'roots', sdsConfig: ads },
              },
            },
          }),
        },
      },
    }).finish(),
  );

/** Envoy refuses it: a regular expression that is none. Our own validation is not asked here. */
const badRoute = (name: string): Resource =>
  makeResource(
    'route',
    name,
    RouteConfiguration.encode({
      name,
      virtualHosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            {
              match: { pathSpecifier: { $case: 'safeRegex', value: { regex: '(' } } },
              action: { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: name } } },
            },
          ],
        },
      ],
    }).finish(),
  );

/** Envoy refuses it: a listener without an address. */
const badListener = (name: string): Resource =>
  makeResource('listener', name, Listener.encode({ name, filterChains: [{ name: 'no address' }] }).finish());

/** Collects the server's events, and waits for one. */
class Events {
  readonly all: XdsEvent[] = [];
  readonly add = (event: XdsEvent): void => {
    this.all.push(event);
  };

  synced(sequence: number): Promise<boolean> {
    return eventually(`everything of publication ${sequence} to be acknowledged`, () =>
      this.all.some((event) => event.type === 'synced' && event.sequence >= sequence),
    );
  }

  nacks(): readonly string[] {
    return this.all.flatMap((event) => (event.type === 'nack' ? event.resources : []));
  }
}

for (const [variant, apiType] of [
  ['delta', 'DELTA_GRPC'],
  ['sotw', 'GRPC'],
] as const) {
  describe(`a real Envoy on ${variant} ADS`, needs('envoy'), () => {
    const scratch = makeScratch(`real-envoy-${variant}`);
    let events = new Events();
    let server = new XdsServer({ onEvent: events.add });
    let port = 0;
    let envoy: Envoy;
    let app: Server;
    let appPort = 0;
    let resources: readonly Resource[] = [];

    const publish = (next: readonly Resource[]) => {
      resources = next;
      return server.publish(new Map([[proxy, snapshotOf(...next)]])).sequence;
    };
    /** The same, with these in the place of those of the same type and name. */
    const replace = (...changed: readonly Resource[]) => {
      const key = ({ type, name }: Resource) => `${type} ${name}`;
      const merged = new Map([...resources, ...changed].map((resource) => [key(resource), resource]));
      return publish([...merged.values()]);
    };
    /** Status and the header `x-revision` that the route added. */
    const ask = async (listener = 'web') => {
      const { address, port: listening } = await envoy.listenerAddress(listener);
      const response = await fetch(`http://${address}:${listening}/`);
      return [response.status, (await response.text()).slice(0, 100)] as const;
    };
    const responses = (type: 'cluster' | 'endpoint' | 'listener' | 'route' | 'secret') =>
      server.stats().types[type].responses;

    /** Nothing that Envoy needed was given so late that it went on without, which takes 15 seconds. */
    const nothingTimedOut = async () => {
      const stats = await envoy.stats('init_fetch_timeout|warming');
      assert.ok(stats.size > 3);
      for (const [name, count] of stats) assert.equal(count, 0, name);
    };

    before(async () => {
      app = createServer((request, response) => response.end(`revision ${request.headers['x-revision']}`));
      await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
      const address = app.address();
      appPort = typeof address === 'object' && address !== null ? address.port : 0;
      ({ port } = await server.listen('127.0.0.1:0'));
      publish([cluster('web'), endpoint('web', appPort), openListener('web'), route('web')]);
      envoy = await Envoy.start({ bootstrap: bootstrap(port, apiType), folder: scratch.folder, logLevel: 'debug' });
    });
    after(async () => {
      await envoy.kill();
      await server.close();
      app.closeAllConnections();
      app.close();
      scratch[Symbol.dispose]();
    });

    test('it starts with what was published, and traffic flows', async () => {
      assert.deepEqual(await ask(), [200, 'revision 1']);
      assert.deepEqual(events.nacks(), []);
      assert.equal(server.proxies()[0]?.protocol, variant);
      assert.match(server.proxies()[0]?.userAgent ?? '', /^envoy \d+\.\d+\.\d+$/);
    });

    test('a changed route is the only thing sent, and takes effect', async () => {
      const before = server.stats().types;
      await events.synced(replace(route('web', 2)));
      assert.deepEqual(await ask(), [200, 'revision 2']);
      const now = server.stats().types;
      assert.equal(now.route.responses, before.route.responses + 1);
      assert.equal(now.cluster.responses, before.cluster.responses);
      assert.equal(now.listener.responses, before.listener.responses);
      assert.equal(now.endpoint.responses, before.endpoint.responses);
    });

    test('a changed cluster gets its endpoints again, so that it is warm at once', async () => {
      const before = responses('endpoint');
      await events.synced(replace(cluster('web', 2)));
      assert.equal(responses('endpoint'), before + 1);
      assert.deepEqual(await ask(), [200, 'revision 2']);
      await nothingTimedOut();
    });

    test('a cluster that changes keeps the secrets that it has', async () => {
      await events.synced(replace(secret('roots', rootCertificates[0]), tlsCluster('tls'), endpoint('tls', appPort)));
      const before = responses('secret');
      await events.synced(replace(tlsCluster('tls', 2)));
      assert.equal(responses('secret'), before);
      await events.synced(replace(secret('roots', rootCertificates[1])));
      assert.equal(responses('secret'), before + 1);
      await nothingTimedOut();
      await events.synced(publish(resources.filter(({ name }) => name !== 'tls' && name !== 'roots')));
    });

    test('a route that moves to a new cluster never leads nowhere', async () => {
      const statuses: number[] = [];
      let moving = true;
      const traffic = (async () => {
        while (moving) statuses.push((await ask())[0]);
      })();
      await events.synced(replace(cluster('next'), endpoint('next', appPort), route('web', 3, 'next')));
      await events.synced(
        publish(resources.filter(({ name, type }) => name !== 'web' || type === 'listener' || type === 'route')),
      );
      moving = false;
      await traffic;
      assert.deepEqual([...new Set(statuses)], [200]);
      assert.deepEqual(await ask(), [200, 'revision 3']);
      const { body } = await envoy.admin('/clusters?format=json');
      const names = (JSON.parse(body) as { cluster_statuses: { name: string }[] }).cluster_statuses.map(
        ({ name }) => name,
      );
      assert.deepEqual(names.sort(), ['next', 'xds']);
    });

    test('a bad route among good ones is found and kept out, and the good ones take effect', async () => {
      await events.synced(replace(openListener('a'), route('a', 1, 'next'), openListener('b'), route('b', 1, 'next')));
      await eventually(
        'all listeners to be asked',
        async () => (await ask('a'))[0] === 200 && (await ask('b'))[0] === 200,
      );
      await events.synced(replace(badRoute('a'), route('b', 2, 'next'), route('web', 4, 'next')));
      assert.deepEqual(events.nacks(), ['a']);
      assert.deepEqual(await ask('a'), [200, 'revision 1']);
      assert.deepEqual(await ask('b'), [200, 'revision 2']);
      assert.deepEqual(await ask('web'), [200, 'revision 4']);
      const rejected = server.proxies()[0]?.types.find(({ type }) => type === 'route')?.rejected;
      assert.equal(rejected?.[0]?.name, 'a');
      assert.match(rejected?.[0]?.message ?? '', /missing \)|no argument|regex/i);
      await events.synced(replace(route('a', 5, 'next')));
      assert.deepEqual(await ask('a'), [200, 'revision 5']);
      assert.deepEqual(server.proxies()[0]?.types.find(({ type }) => type === 'route')?.rejected, []);
    });

    test('a bad listener among good ones is found and kept out, and the good one takes effect', async () => {
      const before = events.nacks().length;
      await events.synced(replace(badListener('bad'), openListener('good'), route('good', 1, 'next')));
      assert.deepEqual(events.nacks().slice(before), ['bad']);
      assert.deepEqual(await ask('good'), [200, 'revision 1']);
      await events.synced(publish(resources.filter(({ name }) => name !== 'bad')));
    });

    // Last of all: Envoy gives the socket of a draining listener on port 0 to a new one.
    test('a listener that changes keeps the routes that it has', async () => {
      const before = responses('route');
      await events.synced(replace(openListener('web', 2)));
      assert.equal(responses('route'), before);
      assert.deepEqual(await ask(), [200, 'revision 4']);
      await nothingTimedOut();
    });

    test('after the server was restarted, nothing is sent again that Envoy has', async () => {
      const counter = 'control_plane.connected_state';
      await server.close();
      await eventually('Envoy to notice', async () => (await envoy.stats(counter)).get(counter) === 0);
      events = new Events();
      server = new XdsServer({ onEvent: events.add });
      publish(resources);
      await server.listen(`127.0.0.1:${port}`);
      await eventually('Envoy to come back', () => {
        const types = server.proxies()[0]?.types ?? [];
        return types.length >= 4 && types.every(({ pending }) => pending === 0);
      });
      const sent = server.stats().types;
      assert.deepEqual([sent.cluster.responses, sent.listener.responses], [0, 0]);
      // State of the world cannot tell which endpoints and routes a client has.
      if (variant === 'delta') assert.deepEqual([sent.endpoint.responses, sent.route.responses], [0, 0]);
      assert.deepEqual(await ask(), [200, 'revision 4']);
      await events.synced(replace(route('web', 6, 'next')));
      assert.deepEqual(await ask(), [200, 'revision 6']);
    });
  });
}
