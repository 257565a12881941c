import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HTTPRouteMatch } from '../smi/model.ts';
import { meshPod, routeGroup, service, trafficTarget } from '../testing/builders.ts';
import { inboundOf, meshOf, problemsOf } from '../testing/mesh-of.ts';

function read(...matches: readonly Partial<HTTPRouteMatch>[]) {
  const mesh = meshOf(
    service('shop/web'),
    meshPod('shop/web-1'),
    routeGroup('shop/g', ...matches),
    trafficTarget('shop/t', { to: 'web', from: ['client'], rules: ['HTTPRouteGroup/g'] }),
  );
  const requests = inboundOf(mesh, 'shop/web-1')[0]?.access.grants[0]?.requests;
  return { matches: requests === 'any' ? undefined : requests, problems: problemsOf(mesh) };
}

test('R36: header names are lower case, and host is the authority', () => {
  const headers = [
    { name: 'X-Canary', regex: 'yes' },
    { name: 'Host', regex: 'shop.*' },
  ];
  assert.deepEqual(read({ headers }).matches?.[0]?.headers, [
    { name: 'x-canary', regex: 'yes' },
    { name: ':authority', regex: 'shop.*' },
  ]);
});

test('R36: an empty header expression means an empty value, as an expression of its own', () => {
  assert.deepEqual(read({ headers: [{ name: 'x', regex: '' }] }).matches?.[0]?.headers, [{ name: 'x', regex: '^$' }]);
});

test('R36: an empty path expression means any path', () => {
  assert.equal(read({ pathRegex: '' }).matches?.[0]?.pathPrefixRegex, undefined);
});

test('a header name that no request can have disables its match', () => {
  const { matches, problems } = read({ name: 'bad', headers: [{ name: 'x y', regex: '.*' }] }, { name: 'good' });
  assert.deepEqual(
    matches?.map(({ name }) => name),
    ['good'],
  );
  assert.deepEqual(problems, ['error InvalidHeaderName HTTPRouteGroup/shop/g spec.matches[0].headers']);
});

test('two matches of one name are both meant, and it is said', () => {
  const { matches, problems } = read({ name: 'same', methods: ['GET'] }, { name: 'same', methods: ['PUT'] });
  assert.deepEqual(
    matches?.map(({ methods }) => methods),
    [['GET'], ['PUT']],
  );
  assert.deepEqual(problems, ['warning DuplicateMatch HTTPRouteGroup/shop/g spec.matches[1].name']);
});

test('R36: an invalid expression is reported in a sentence that names the match and why', () => {
  const mesh = meshOf(routeGroup('shop/g', { name: 'users', pathRegex: '/users/[0-9' }));
  assert.deepEqual(
    mesh.diagnostics.map(({ message }) => message),
    ['Match users is disabled, because its regular expression cannot be used: missing closing ]: `[0-9`.'],
  );
});
