import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isJsonMap, type JsonMap } from '../lib/json.ts';
import { decodeSmiObject, parseObject } from '../testing/decode-smi-yaml.ts';
import { convert } from './convert.ts';

function converted(object: JsonMap, apiVersion: string): JsonMap {
  const result = convert(object, apiVersion);
  assert.ok(result.ok);
  return result.value;
}

const annotationsOf = (object: JsonMap): JsonMap => {
  const metadata = object['metadata'];
  return isJsonMap(metadata) && isJsonMap(metadata['annotations']) ? metadata['annotations'] : {};
};

/** As written in one version, and what a client of another sees. */
const views: Readonly<Record<string, { readonly written: string; readonly seen: string }>> = {
  'quantities that are whole are the same whole numbers': {
    written: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: canary, weight: '10'}, {service: primary, weight: '90'}]}`,
    seen: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: canary, weight: 10}, {service: primary, weight: 90}]}`,
  },
  'whole numbers are quantities, order and zeros and all': {
    written: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: z, weight: 1000}, {service: a, weight: 0}, {service: m}], other: 1}`,
    seen: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: z, weight: '1000'}, {service: a, weight: '0'}, {service: m}], other: 1}`,
  },
  'quantities that would come back otherwise are noted as they were written': {
    written: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: a, weight: 500m}, {service: b, weight: 1}]}`,
    seen: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      metadata:
        name: a
        annotations:
          smi-envoy.io/as-written: '{"version":"v1alpha1","body":{"spec":{"service":"s","backends":[{"service":"a","weight":"500m"},{"service":"b","weight":1}]}}}'
      spec: {service: s, backends: [{service: a, weight: 1}, {service: b, weight: 2}]}`,
  },
  'matches are noted for clients that do not know them': {
    written: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      metadata: {name: a, labels: {x: y}}
      spec: {service: s, backends: [], matches: [{kind: HTTPRouteGroup, name: g}]}`,
    seen: `
      apiVersion: split.smi-spec.io/v1alpha2
      kind: TrafficSplit
      metadata:
        name: a
        labels: {x: y}
        annotations: {smi-envoy.io/kept-fields: '{"spec.matches":[{"kind":"HTTPRouteGroup","name":"g"}]}'}
      spec: {service: s, backends: [], matches: [{kind: HTTPRouteGroup, name: g}]}`,
  },
  'a TrafficTarget of v1alpha1 gets a spec, and its port is noted (R3)': {
    written: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      metadata: {name: a}
      destination: {kind: ServiceAccount, name: b, port: 8080}
      specs: [{kind: TCPRoute, name: r}]
      sources: [{kind: ServiceAccount, name: c}]`,
    seen: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      metadata: {name: a, annotations: {smi-envoy.io/kept-fields: '{"destination.port":8080}'}}
      spec:
        destination: {kind: ServiceAccount, name: b, port: 8080}
        rules: [{kind: TCPRoute, name: r}]
        sources: [{kind: ServiceAccount, name: c}]`,
  },
  'a TrafficTarget of v1alpha3 loses its spec in v1alpha1': {
    written: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      metadata: {name: a}
      spec:
        destination: {kind: ServiceAccount, name: b}
        rules: [{kind: TCPRoute, name: r}]
        sources: []
      status: {conditions: []}`,
    seen: `
      apiVersion: access.smi-spec.io/v1alpha1
      kind: TrafficTarget
      metadata: {name: a}
      destination: {kind: ServiceAccount, name: b}
      specs: [{kind: TCPRoute, name: r}]
      sources: []
      status: {conditions: []}`,
  },
  'matches of an HTTPRouteGroup move under spec': {
    written: `
      apiVersion: specs.smi-spec.io/v1alpha2
      kind: HTTPRouteGroup
      metadata: {name: a}
      matches: [{name: m, headers: {x-a: b}}]`,
    seen: `
      apiVersion: specs.smi-spec.io/v1alpha3
      kind: HTTPRouteGroup
      metadata: {name: a}
      spec: {matches: [{name: m, headers: {x-a: b}}]}`,
  },
  'headers are noted for clients of v1alpha1, by name and turn': {
    written: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      metadata: {name: a}
      spec: {matches: [{name: m}, {name: n}, {name: m, headers: [{x-a: b}]}]}`,
    seen: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: HTTPRouteGroup
      metadata: {name: a, annotations: {smi-envoy.io/kept-fields: '{"matches.headers":{"m":[null,[{"x-a":"b"}]]}}'}}
      matches: [{name: m}, {name: n}, {name: m, headers: [{x-a: b}]}]`,
  },
  'ports of a TCPRoute are noted for clients that do not know them (R3)': {
    written: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      metadata: {name: a}
      spec: {matches: {ports: [8080]}}`,
    seen: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: TCPRoute
      metadata: {name: a, annotations: {smi-envoy.io/kept-fields: '{"spec.matches":{"ports":[8080]}}'}}
      spec: {matches: {ports: [8080]}}`,
  },
  'a TCPRoute without ports gets none': {
    written: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: TCPRoute
      metadata: {name: a}`,
    seen: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      metadata: {name: a}`,
  },
};

describe('an object seen in another version', () => {
  for (const [name, { written, seen }] of Object.entries(views)) {
    test(`${name}, and back it is what it was`, () => {
      const [object, view] = [parseObject(written), parseObject(seen)];
      const there = converted(object, String(view['apiVersion']));
      assert.deepEqual(there, view);
      assert.deepEqual(converted(there, String(object['apiVersion'])), object);
    });
  }
});

/** As written in one version, as a client of another writes it back, and what then is there in the first. */
const edits: Readonly<
  Record<string, { readonly written: string; readonly edited: string; readonly afterwards: string }>
> = {
  'changed weights count, and those that were noted are forgotten': {
    written: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: a, weight: 500m}, {service: b, weight: '1'}]}`,
    edited: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      spec: {service: s, backends: [{service: a, weight: 1}, {service: b, weight: 5}]}`,
    afterwards: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: a, weight: '1'}, {service: b, weight: '5'}]}`,
  },
  'a client without matches changes weights; the matches stay': {
    written: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: a, weight: 1}], matches: [{kind: HTTPRouteGroup, name: g}]}`,
    edited: `
      apiVersion: split.smi-spec.io/v1alpha1
      kind: TrafficSplit
      spec: {service: s, backends: [{service: a, weight: '2'}]}`,
    afterwards: `
      apiVersion: split.smi-spec.io/v1alpha4
      kind: TrafficSplit
      metadata: {name: a}
      spec: {service: s, backends: [{service: a, weight: 2}], matches: [{kind: HTTPRouteGroup, name: g}]}`,
  },
  'a client that knows the port takes it away, and it is away': {
    written: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      metadata: {name: a}
      spec: {destination: {kind: ServiceAccount, name: b, port: 80}, rules: [], sources: []}`,
    edited: `
      apiVersion: access.smi-spec.io/v1alpha2
      kind: TrafficTarget
      spec: {destination: {kind: ServiceAccount, name: b}, rules: [], sources: []}`,
    afterwards: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      metadata: {name: a}
      spec: {destination: {kind: ServiceAccount, name: b}, rules: [], sources: []}`,
  },
  'a client that does not know the port changes the destination; the port stays': {
    written: `
      apiVersion: access.smi-spec.io/v1alpha2
      kind: TrafficTarget
      metadata: {name: a}
      spec: {destination: {kind: ServiceAccount, name: b, port: '80'}, rules: [], sources: []}`,
    edited: `
      apiVersion: access.smi-spec.io/v1alpha4
      kind: TrafficTarget
      spec: {destination: {kind: ServiceAccount, name: other}, rules: [], sources: []}`,
    afterwards: `
      apiVersion: access.smi-spec.io/v1alpha2
      kind: TrafficTarget
      metadata: {name: a}
      spec: {destination: {kind: ServiceAccount, name: other, port: '80'}, rules: [], sources: []}`,
  },
  'a client without headers adds a match and changes a path; the headers stay with their match': {
    written: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      metadata: {name: a}
      spec: {matches: [{name: m, pathRegex: /a, headers: {x: y}}]}`,
    edited: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: HTTPRouteGroup
      matches: [{name: new}, {name: m, pathRegex: /b}]`,
    afterwards: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      metadata: {name: a}
      spec: {matches: [{name: new}, {name: m, pathRegex: /b, headers: {x: y}}]}`,
  },
  'a client that passes on what its version has no word for changes it; the change counts': {
    written: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      metadata: {name: a}
      spec: {matches: [{name: m, headers: {x: y}}]}`,
    edited: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: HTTPRouteGroup
      matches: [{name: m, headers: {x: z}}]`,
    afterwards: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: HTTPRouteGroup
      metadata: {name: a}
      spec: {matches: [{name: m, headers: {x: z}}]}`,
  },
  'a client of v1alpha3 that passes on the port changes it; the change counts': {
    written: `
      apiVersion: access.smi-spec.io/v1alpha2
      kind: TrafficTarget
      metadata: {name: a}
      spec: {destination: {kind: ServiceAccount, name: b, port: 80}}`,
    edited: `
      apiVersion: access.smi-spec.io/v1alpha3
      kind: TrafficTarget
      spec: {destination: {kind: ServiceAccount, name: b, port: 81}}`,
    afterwards: `
      apiVersion: access.smi-spec.io/v1alpha2
      kind: TrafficTarget
      metadata: {name: a}
      spec: {destination: {kind: ServiceAccount, name: b, port: 81}}`,
  },
  'a client without ports empties the route; the ports stay': {
    written: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      metadata: {name: a}
      spec: {matches: {ports: [8080]}}`,
    edited: `
      apiVersion: specs.smi-spec.io/v1alpha1
      kind: TCPRoute`,
    afterwards: `
      apiVersion: specs.smi-spec.io/v1alpha4
      kind: TCPRoute
      metadata: {name: a}
      spec: {matches: {ports: [8080]}}`,
  },
};

describe('an object edited in another version', () => {
  for (const [name, { written, edited, afterwards }] of Object.entries(edits)) {
    test(name, () => {
      const edit = parseObject(edited);
      const seen = converted(parseObject(written), String(edit['apiVersion']));
      // A client keeps the metadata that it read, annotations included.
      const writtenBack = { ...edit, metadata: seen['metadata'] };
      const result = converted(writtenBack, String(parseObject(written)['apiVersion']));
      assert.deepEqual(result, parseObject(afterwards));
      assert.deepEqual(decodeSmiObject(writtenBack), decodeSmiObject(result));
    });
  }
});

test('an object that is already in the version is returned as it is', () => {
  const object = parseObject('{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute}');
  assert.equal(converted(object, 'specs.smi-spec.io/v1alpha4'), object);
});

test('annotations of ours that a person spoiled neither stop conversion nor survive it', () => {
  const object = parseObject(`
    apiVersion: split.smi-spec.io/v1alpha1
    kind: TrafficSplit
    metadata: {name: a, annotations: {smi-envoy.io/as-written: '[', smi-envoy.io/kept-fields: '7', other: x}}
    spec: {service: s, backends: [{service: a, weight: '1'}]}`);
  assert.deepEqual(annotationsOf(converted(object, 'split.smi-spec.io/v1alpha4')), { other: 'x' });
});

test('where nothing has to be noted, the metadata is the very same, or still missing', () => {
  const object = {
    ...parseObject('{apiVersion: specs.smi-spec.io/v1alpha1, kind: TCPRoute}'),
    metadata: { annotations: {} },
  };
  assert.equal(converted(object, 'specs.smi-spec.io/v1alpha4')['metadata'], object.metadata);
  const { metadata: _, ...bare } = object;
  assert.deepEqual(converted(bare, 'specs.smi-spec.io/v1alpha4'), {
    ...bare,
    apiVersion: 'specs.smi-spec.io/v1alpha4',
  });
});

const refusals: Readonly<Record<string, readonly [object: unknown, to: string, message: string]>> = {
  'what is no map is refused': ['x', 'split.smi-spec.io/v1alpha4', 'an object must be a map, not the string "x"'],
  'an unknown version is refused': [
    { apiVersion: 'split.smi-spec.io/v1alpha1', kind: 'TrafficSplit' },
    'split.smi-spec.io/v1beta1',
    'cannot convert TrafficSplit from split.smi-spec.io/v1alpha1 to split.smi-spec.io/v1beta1',
  ],
  'another group is refused': [
    { apiVersion: 'split.smi-spec.io/v1alpha1', kind: 'TrafficSplit' },
    'access.smi-spec.io/v1alpha2',
    'cannot convert TrafficSplit from split.smi-spec.io/v1alpha1 to access.smi-spec.io/v1alpha2',
  ],
  'an unknown kind is refused': [
    { apiVersion: 'split.smi-spec.io/v1alpha1', kind: 'Split' },
    'split.smi-spec.io/v1alpha4',
    'cannot convert Split from split.smi-spec.io/v1alpha1 to split.smi-spec.io/v1alpha4',
  ],
};

for (const [name, [object, to, message]] of Object.entries(refusals)) {
  test(name, () => assert.deepEqual(convert(object, to), { ok: false, error: message }));
}
