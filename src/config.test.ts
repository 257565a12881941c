import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagName, meshSettings, readSettings, serverSettings, sourceSettings, variableOf } from './config.ts';

test('settings are named as commander names their flags', () => {
  for (const [name, setting] of Object.entries({ ...sourceSettings, ...meshSettings, ...serverSettings })) {
    const camelCase = flagName(setting)
      .slice(2)
      .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    assert.equal(name, camelCase);
  }
});

test('a flag counts before its variable, and that before the default', () => {
  const environment = { SMI_ENVOY_XDS_ADDRESS: '127.0.0.1:1', SMI_ENVOY_ADMIN_ADDRESS: '127.0.0.1:2' };
  const read = readSettings(serverSettings, { xdsAddress: '[::1]:3' }, environment);
  assert.ok(read.ok);
  assert.deepEqual(read.value.xdsAddress, { host: '::1', port: 3 });
  assert.deepEqual(read.value.adminAddress, { host: '127.0.0.1', port: 2 });
  assert.equal(read.value.logLevel, 'info');
  assert.equal(variableOf(serverSettings.xdsAddress), 'SMI_ENVOY_XDS_ADDRESS');
});

test('without anything given, every setting but the source has a value that works', () => {
  assert.deepEqual(readSettings({ ...sourceSettings, ...meshSettings, ...serverSettings }, {}, {}), {
    ok: true,
    value: {
      directory: undefined,
      kubernetes: false,
      kubeconfig: undefined,
      context: undefined,
      trustDomain: 'cluster.local',
      clusterDomain: 'cluster.local',
      mode: 'enforce',
      defaultSidecar: 'none',
      crossNamespaceTargets: false,
      scope: 'policy',
      outboundTraffic: 'passthrough',
      xdsAddress: { host: '127.0.0.1', port: 18000 },
      adminAddress: { host: '127.0.0.1', port: 15080 },
      stateDir: undefined,
      rootCertificate: undefined,
      rootKey: undefined,
      logLevel: 'info',
      logFormat: 'auto',
    },
  });
});

test('every setting that cannot be used is told with where it was given', () => {
  const flags = { mode: 'strict', trustDomain: 'Not A Domain' };
  const environment = { SMI_ENVOY_KUBERNETES: 'perhaps', SMI_ENVOY_XDS_ADDRESS: 'nowhere' };
  assert.deepEqual(readSettings({ ...sourceSettings, ...meshSettings, ...serverSettings }, flags, environment), {
    ok: false,
    error: [
      'SMI_ENVOY_KUBERNETES must be true or false: "perhaps"',
      '--trust-domain must be a DNS name, such as cluster.local: "Not A Domain"',
      '--mode must be one of enforce, audit, permissive: "strict"',
      'SMI_ENVOY_XDS_ADDRESS is not host:port, such as 127.0.0.1:18000 or [::1]:18000: "nowhere"',
    ],
  });
});
