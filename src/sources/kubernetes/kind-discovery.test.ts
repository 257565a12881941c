import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ManualClock } from '../../testing/manual-clock.ts';
import { ScriptedApiServer } from '../../testing/scripted-api-server.ts';
import { ApiClient } from './api-client.ts';
import { KindDiscovery } from './kind-discovery.ts';

let server: ScriptedApiServer;
let clock: ManualClock;
let discovery: KindDiscovery;
let answers: Record<string, readonly [code: number, body: unknown]>;
let told: Map<string, string>;
let looked: (() => void) | undefined;

const crd = (name: string) => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
const group = (...versions: string[]) => [200, { versions: versions.map((version) => ({ version })) }] as const;
const offers = (...names: string[]) => [200, { resources: names.map((name) => ({ name })) }] as const;
const status = (code: number, reason: string) => [code, { kind: 'Status', code, reason, message: reason }] as const;
const defined = (...versions: string[]) =>
  [200, { spec: { versions: versions.map((name) => ({ name, served: true })) } }] as const;

// In a suite of their own: hooks at the top of a file would run around the tests of every other file as well.
describe('finding the SMI kinds of a server', () => {
  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    // What is not said otherwise does not exist, and that is certain.
    answers = {};
    server.route = (path) => answers[path] ?? status(404, 'NotFound');
    clock = new ManualClock();
    told = new Map();
    const client = new ApiClient(async () => ({ server: server.url, headers: {} }), clock);
    const tell = (kind: { readonly kind: string }, line: string) => {
      told.set(kind.kind, line);
      looked?.();
    };
    discovery = new KindDiscovery(
      {
        onServed: (kind, version) => tell(kind, version),
        onAbsent: (kind, why) => tell(kind, `absent: ${why}`),
        onUnknown: (kind, error) => tell(kind, `unknown: ${error.message}`),
      },
      { client, clock, random: () => 1 },
    );
  });

  afterEach(async () => {
    await discovery.stop();
    await server.stop();
  });

  /** Waits until something was said of every kind, and the next look is waited for. */
  async function look(): Promise<Record<string, string>> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`told only ${JSON.stringify([...told])}`)), 10_000);
      looked = () => {
        if (told.size < 6) return;
        looked = undefined;
        clearTimeout(timer);
        resolve();
      };
      looked();
    });
    await new Promise(setImmediate);
    const result = Object.fromEntries(told);
    told.clear();
    return result;
  }

  test('a server without SMI has none of the kinds', async () => {
    discovery.start();
    assert.deepEqual(await look(), {
      TrafficSplit: 'absent: the server has no CRD trafficsplits.split.smi-spec.io',
      TrafficTarget: 'absent: the server has no CRD traffictargets.access.smi-spec.io',
      IdentityBinding: 'absent: the server has no CRD identitybindings.access.smi-spec.io',
      HTTPRouteGroup: 'absent: the server has no CRD httproutegroups.specs.smi-spec.io',
      TCPRoute: 'absent: the server has no CRD tcproutes.specs.smi-spec.io',
      UDPRoute: 'absent: the server has no CRD udproutes.specs.smi-spec.io',
    });
    assert.equal(clock.untilNext, 37_500, 'and it looks again later');
  });

  test('of the versions that are offered the best that we know is read, for each kind by itself', async () => {
    answers = {
      '/apis/split.smi-spec.io': group('v1alpha2', 'v1', 'v1alpha1'),
      '/apis/split.smi-spec.io/v1': offers('trafficsplits'),
      '/apis/split.smi-spec.io/v1alpha2': offers('trafficsplits', 'trafficsplits/status'),
      '/apis/split.smi-spec.io/v1alpha1': offers('trafficsplits'),
      '/apis/specs.smi-spec.io': group('v1alpha4', 'v1alpha3'),
      '/apis/specs.smi-spec.io/v1alpha4': offers('tcproutes'),
      '/apis/specs.smi-spec.io/v1alpha3': offers('tcproutes', 'httproutegroups'),
    };
    discovery.start();
    const { TrafficSplit, TCPRoute, HTTPRouteGroup } = await look();
    assert.deepEqual([TrafficSplit, TCPRoute, HTTPRouteGroup], ['v1alpha2', 'v1alpha4', 'v1alpha3']);
  });

  test('a CRD that was just made is looked for until it is served', async () => {
    answers = { [crd('trafficsplits.split.smi-spec.io')]: defined('v1alpha4') };
    discovery.start();
    assert.equal((await look())['TrafficSplit'], 'unknown: trafficsplits.split.smi-spec.io is not served (yet)');
    assert.equal(clock.untilNext, 100);
    answers['/apis/split.smi-spec.io'] = group('v1alpha4');
    answers['/apis/split.smi-spec.io/v1alpha4'] = offers('trafficsplits');
    clock.advance(100);
    assert.equal((await look())['TrafficSplit'], 'v1alpha4');
  });

  test('a CRD of versions that we do not know is as good as none', async () => {
    answers = { [crd('trafficsplits.split.smi-spec.io')]: defined('v1', 'v2') };
    discovery.start();
    assert.equal(
      (await look())['TrafficSplit'],
      'absent: the server has it only in versions that we do not know (v1, v2)',
    );
  });

  test('a server that is not available says nothing about what it has', async () => {
    answers = {
      '/apis/split.smi-spec.io': status(503, 'ServiceUnavailable'),
      '/apis/access.smi-spec.io': group('v1alpha3'),
      '/apis/access.smi-spec.io/v1alpha3': status(503, 'ServiceUnavailable'),
      [crd('udproutes.specs.smi-spec.io')]: status(500, 'InternalError'),
    };
    discovery.start();
    const { TrafficSplit, TrafficTarget, UDPRoute } = await look();
    assert.deepEqual(
      [TrafficSplit, TrafficTarget, UDPRoute],
      ['unknown: ServiceUnavailable', 'unknown: ServiceUnavailable', 'unknown: InternalError'],
    );
  });

  test('where CRDs may not be read, a kind is absent only when the server has said so for five seconds', async () => {
    const forbidden = status(403, 'Forbidden');
    answers = { [crd('trafficsplits.split.smi-spec.io')]: forbidden };
    discovery.start();
    const said: (string | undefined)[] = [];
    const waits: (number | undefined)[] = [];
    for (let i = 0; i < 7; i++) {
      said.push((await look())['TrafficSplit']);
      waits.push(clock.untilNext);
      clock.advance(clock.untilNext ?? 0);
    }
    const unknown = 'unknown: trafficsplits.split.smi-spec.io is not served (yet)';
    assert.deepEqual(said, [
      ...Array(6).fill(unknown),
      'absent: the server does not offer trafficsplits.split.smi-spec.io',
    ]);
    assert.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 37_500]);
  });

  test('a denial that is taken back counts from the beginning the next time', async () => {
    answers = { [crd('trafficsplits.split.smi-spec.io')]: status(403, 'Forbidden') };
    discovery.start();
    await look();
    answers['/apis/split.smi-spec.io'] = group('v1alpha4');
    answers['/apis/split.smi-spec.io/v1alpha4'] = offers('trafficsplits');
    clock.advance(100);
    assert.equal((await look())['TrafficSplit'], 'v1alpha4');
    delete answers['/apis/split.smi-spec.io'];
    clock.advance(37_500);
    assert.match((await look())['TrafficSplit'] ?? '', /^unknown/);
  });

  test('asked to look, it looks now', async () => {
    discovery.start();
    await look();
    answers['/apis/split.smi-spec.io'] = group('v1alpha4');
    answers['/apis/split.smi-spec.io/v1alpha4'] = offers('trafficsplits');
    discovery.look();
    assert.equal((await look())['TrafficSplit'], 'v1alpha4');
  });
});
