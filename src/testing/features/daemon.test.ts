import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { startDaemon } from '../../control/daemon.ts';
import { createLog } from '../../control/log.ts';
import { validateResource } from '../../control/validation.ts';
import { CertificateAuthority, createRoot } from '../../identity/certificate-authority.ts';
import { formatAddress } from '../../lib/address.ts';
import { systemClock } from '../../lib/clock.ts';
import { defaultMeshOptions } from '../../mesh/options.ts';
import { defaultTranslationOptions } from '../../translators/options.ts';
import { meshPod, routeGroup, service, trafficTarget } from '../builders.ts';
import { FakeEnvoy } from '../fake-envoy.ts';
import { MemorySource } from '../memory-source.ts';
import { quiet } from '../running-mesh.ts';

test('a daemon logs, measures and shows what it does, and never a private key', async (t) => {
  const source = new MemorySource({ hidden: true });
  source.apply(
    service('shop/web', { clusterIPs: ['10.96.0.1'] }),
    meshPod('shop/web-0', { ips: ['10.0.0.1'] }),
    meshPod('shop/client-0', { ips: ['10.0.0.2'] }),
    routeGroup('shop/any', {}),
    trafficTarget('shop/web', { to: 'web', from: ['client'], rules: ['HTTPRouteGroup/any'] }),
  );
  const destination = new PassThrough();
  const lines: Record<string, unknown>[] = [];
  destination.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line));
  });
  const daemon = await startDaemon(source, {
    mesh: defaultMeshOptions,
    translation: defaultTranslationOptions,
    authority: await CertificateAuthority.open(await createRoot('cluster.local', systemClock), systemClock),
    validate: validateResource,
    xds: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    processMetrics: false,
    log: createLog({ level: 'trace', format: 'json', color: false, destination }),
  });
  t.after(() => daemon.stop());
  const ask = async (path: string) => {
    const response = await fetch(`http://${formatAddress(daemon.admin)}${path}`);
    return { status: response.status, text: await response.text() };
  };
  assert.deepEqual(await ask('/healthz'), { status: 200, text: 'ok\n' });
  assert.deepEqual(await ask('/readyz'), {
    status: 503,
    text: 'not ready: not everything has been read yet\nmemory: starting\n',
  });
  assert.equal((await ask('/debug/mesh')).status, 503);

  const settled = new Promise<void>((resolve) => daemon.plane.listen(({ type }) => type === 'settled' && resolve()));
  source.reveal();
  await settled;
  const envoy = new FakeEnvoy({
    address: formatAddress(daemon.xds),
    node: { id: 'shop/client-0', metadata: { 'smi-envoy.io': { sidecar: 'transparent' } } },
    variant: 'delta',
    aggregated: true,
    follow: true,
  }).start();
  t.after(() => envoy.close());
  await envoy.whenReceived(1);
  await quiet(envoy);

  assert.deepEqual(await ask('/readyz'), { status: 200, text: 'ok\n' });
  const mesh = JSON.parse((await ask('/debug/mesh')).text);
  assert.deepEqual(Object.keys(mesh.workloads), ['shop/client-0', 'shop/web-0']);
  assert.deepEqual(mesh.reach['spiffe://cluster.local/ns/shop/sa/client'], ['shop/web/80']);
  const [proxy] = JSON.parse((await ask('/debug/proxies')).text);
  assert.deepEqual([proxy.proxy, proxy.behind], ['shop/client-0', 0]);
  const answers = JSON.parse((await ask('/debug/explain?from=shop/client&to=shop/web')).text);
  assert.equal(answers[0].destinations[0].verdicts[0].verdict.allowed, true);
  assert.deepEqual(await ask('/debug/explain?from=x&to=shop/web'), {
    status: 400,
    text: 'the caller must be <namespace>/<service account> or a SPIFFE id: "x"\n',
  });

  const given = await ask('/debug/proxies/shop/client-0');
  const { secret } = JSON.parse(given.text);
  const [certificate] = secret.filter(({ name }: { name: string }) => name === 'workload-certificate');
  assert.equal(certificate.resource.tls_certificate.private_key.inline_string, '[redacted]');
  assert.match(certificate.resource.tls_certificate.certificate_chain.inline_string, /BEGIN CERTIFICATE/);
  assert.equal((await ask('/debug/proxies/shop/nobody')).status, 404);

  const { text: metrics } = await ask('/metrics');
  const expected = [
    'smi_envoy_connected_proxies 1',
    'smi_envoy_objects{kind="Pod"} 2',
    'smi_envoy_source_up{part="memory",condition="live"} 1',
    'smi_envoy_xds_nacks_total{type="route"} 0',
    'smi_envoy_rebuild_seconds_count 1',
    'smi_envoy_faults_total 0',
  ];
  assert.deepEqual(
    expected.filter((line) => !metrics.includes(`${line}\n`)),
    [],
  );
  await daemon.stop();
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level}: ${msg}`).filter((line) => !line.startsWith('debug')),
    [
      'info: listening',
      'info: everything was read',
      'info: proxy connected',
      'info: proxy disconnected',
      'info: stopped',
    ],
  );
  const said = [JSON.stringify(lines), given.text, inspect(daemon, { depth: 20 })];
  assert.deepEqual(
    said.filter((text) => text.includes('PRIVATE KEY')),
    [],
  );
});
