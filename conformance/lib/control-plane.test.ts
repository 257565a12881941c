import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlPlane, nodeName } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { needs } from './requirements.ts';

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' }, data: { key: 'value' } };
const configMaps = '/api/v1/namespaces/default/configmaps';

test('a control plane', needs('kubernetes', 'controllers'), async (t) => {
  await using plane = await ControlPlane.start({ controllers: true, users: { nobody: [] } });

  await t.test('says a semantic version', async () => {
    const { body } = await plane.request('GET', '/version');
    assert.match((body as { gitVersion: string }).gitVersion, /^v1\.\d+\.\d+$/);
  });

  await t.test('is reached by the kubeconfig it hands out', () => {
    const config = plane.kubeConfig();
    assert.equal(config.getCurrentCluster()?.server, plane.url);
    assert.equal(config.getCurrentUser()?.name, 'admin');
  });

  await t.test('lets its users do what RBAC says', async () => {
    assert.equal((await plane.request('GET', configMaps, undefined, { user: 'nobody' })).status, 403);
  });

  await t.test('makes EndpointSlices of Services and pods', async () => {
    const service = { spec: { selector: { app: 'echo' }, ports: [{ port: 80 }] } };
    await create('/api/v1/namespaces/default/services', { metadata: { name: 'echo' }, ...service });
    const pod = { spec: { nodeName, containers: [{ name: 'app', image: 'app' }] } };
    await create('/api/v1/namespaces/default/pods', { metadata: { name: 'echo', labels: { app: 'echo' } }, ...pod });
    const status = { status: { podIP: '10.1.2.3', phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    const patched = await plane.request('PATCH', '/api/v1/namespaces/default/pods/echo/status', status, {
      contentType: 'application/merge-patch+json',
    });
    assert.equal(patched.status, 200, JSON.stringify(patched.body));
    const slices =
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=echo';
    const addresses = await eventually('the endpoint to appear', async () => {
      const { body } = await plane.request('GET', slices);
      return (body as { items: { endpoints?: { addresses: string[] }[] }[] }).items[0]?.endpoints?.[0]?.addresses;
    });
    assert.deepEqual(addresses, ['10.1.2.3']);
  });

  await t.test('keeps its data across a restart', async () => {
    await create(configMaps, configMap);
    await plane.restart();
    const { status, body } = await plane.request('GET', `${configMaps}/kept`);
    assert.equal(status, 200);
    assert.deepEqual((body as typeof configMap).data, { key: 'value' });
  });

  await t.test('answers 410 for a version that was compacted away', async () => {
    const { body } = await plane.request('GET', configMaps);
    const { resourceVersion } = (body as { metadata: { resourceVersion: string } }).metadata;
    await plane.request(
      'PATCH',
      `${configMaps}/kept`,
      { data: { key: 'other' } },
      { contentType: 'application/merge-patch+json' },
    );
    await plane.compact();
    // The watch cache still knows the past; after a restart it begins at the present.
    await plane.restart();
    const watch = await plane.request(
      'GET',
      `${configMaps}?watch=1&timeoutSeconds=2&resourceVersion=${Number(resourceVersion) - 1}`,
    );
    assert.match(JSON.stringify(watch), /"code":410|"status":410/);
  });

  async function create(path: string, body: unknown): Promise<void> {
    const answer = await plane.request('POST', path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  }
});
