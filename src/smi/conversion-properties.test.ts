import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isJsonMap, type JsonMap } from '../lib/json.ts';
import { asWrittenAnnotation, keptFieldsAnnotation } from './annotations.ts';
import { convert } from './convert.ts';
import { decodeSmi } from './decode-smi.ts';
import { type SmiKind, smiKinds } from './kinds.ts';

const name = fc.constantFrom('a', 'b', 'reviews', 'the-routes');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });
/** What people and programs put where it does not belong. */
const rubbish = fc.constantFrom<unknown>(null, '', 'x', 1.5, -1, true, [], {});
const mostly = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: arbitrary as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: rubbish });
/** A map without the keys that have no value, as JSON has it. */
const map = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonMap> =>
  fc.record(fields).map((record) => Object.fromEntries(Object.entries(record).filter(([, v]) => v !== undefined)));
const unknownField = maybe(fc.constant({ some: 'thing' }));

const weight = mostly(
  fc.oneof(
    fc.nat({ max: 1000 }),
    fc.nat({ max: 1000 }).map(String),
    fc.nat({ max: 5000 }).map((n) => `${n}m`),
    fc.constantFrom('1.5', '2k', '1e3', '100u', '0m', '1Ki', '3E', 5_000_000_000),
  ),
);
const splitSpec = mostly(
  map({
    service: mostly(name),
    backends: mostly(fc.array(mostly(map({ service: mostly(name), weight: maybe(weight), extra: unknownField })))),
    matches: maybe(mostly(fc.array(mostly(map({ kind: fc.constant('HTTPRouteGroup'), name }))))),
    extra: unknownField,
  }),
);

const plain = { noNullPrototype: true };
const headers = fc.oneof(
  fc.dictionary(fc.constantFrom('Host', 'cookie', 'x-canary'), mostly(fc.constantFrom('a', '.*b')), plain),
  fc.array(fc.dictionary(fc.constantFrom('Host', 'cookie'), fc.constantFrom('a', '.*b'), { ...plain, maxKeys: 1 })),
);
const httpMatches = mostly(
  fc.array(
    mostly(
      map({
        name: mostly(name),
        pathRegex: maybe(mostly(fc.constantFrom('/a', '.*'))),
        methods: maybe(mostly(fc.array(fc.constantFrom('GET', '*', 'POST')))),
        headers: maybe(mostly(headers)),
        extra: unknownField,
      }),
    ),
    { maxLength: 4 },
  ),
);

const subject = map({
  kind: mostly(fc.constantFrom('ServiceAccount', 'IdentityBinding')),
  group: maybe(fc.constant('access.smi-spec.io')),
  name: mostly(name),
  namespace: maybe(name),
});
const destination = mostly(
  fc
    .tuple(subject, maybe(mostly(fc.constantFrom<unknown>(80, '9091', 'http', 99_999))))
    .map(([fields, port]) => (port === undefined ? fields : { ...fields, port })),
);
const rules = mostly(
  fc.array(
    mostly(
      map({
        kind: mostly(fc.constantFrom('HTTPRouteGroup', 'TCPRoute', 'UDPRoute')),
        name: mostly(name),
        matches: maybe(mostly(fc.array(mostly(name)))),
      }),
    ),
    { maxLength: 3 },
  ),
);
const sources = mostly(fc.array(mostly(subject), { maxLength: 3 }));
const targetSpec = map({
  destination: maybe(destination),
  rules: maybe(rules),
  sources: maybe(sources),
  extra: unknownField,
});

const ports = mostly(fc.array(mostly(fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constant('80')))));

/** Bodies of each kind in any spelling, and in several at once, whatever their version. */
const bodies: Record<SmiKind['kind'], fc.Arbitrary<JsonMap>> = {
  TrafficSplit: map({ spec: splitSpec, extra: unknownField }),
  HTTPRouteGroup: map({
    matches: maybe(httpMatches),
    spec: maybe(mostly(map({ matches: maybe(httpMatches), extra: unknownField }))),
    extra: unknownField,
  }),
  TrafficTarget: map({
    destination: maybe(destination),
    specs: maybe(rules),
    sources: maybe(sources),
    spec: maybe(mostly(targetSpec)),
    extra: unknownField,
  }),
  TCPRoute: map({ spec: maybe(mostly(map({ matches: maybe(mostly(map({ ports: maybe(ports) }))) }))) }),
  UDPRoute: map({ spec: maybe(mostly(map({ matches: maybe(mostly(map({ ports: maybe(ports) }))) }))) }),
  IdentityBinding: map({
    spec: mostly(map({ schemes: mostly(map({ serviceAccount: maybe(name), extra: unknownField })) })),
  }),
};

const metadata = {
  name: 'an-object',
  namespace: 'ns',
  uid: '1b4db7eb-4057-5ddf-91e0-36dec72071f5',
  resourceVersion: '7',
  generation: 3,
  labels: { a: 'b' },
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'smi-envoy.io/mode': 'audit' },
};

const objectOf = ({ kind, group, versions }: SmiKind): fc.Arbitrary<JsonMap> =>
  fc.tuple(fc.constantFrom(...versions), bodies[kind]).map(([version, body]) => ({
    apiVersion: `${group}/${version}`,
    kind,
    metadata,
    ...body,
    status: { conditions: [] },
  }));

const versionsOf = ({ versions, group }: SmiKind) => fc.constantFrom(...versions).map((v) => `${group}/${v}`);

function converted(object: JsonMap, apiVersion: string): JsonMap {
  const result = convert(object, apiVersion);
  assert.ok(result.ok, `conversion to ${apiVersion} failed`);
  return result.value;
}

/** Everything but conversion's own notes. */
function withoutNotes(object: JsonMap): JsonMap {
  const { annotations, ...rest } = object['metadata'] as JsonMap;
  const { [keptFieldsAnnotation]: _kept, [asWrittenAnnotation]: _written, ...others } = annotations as JsonMap;
  return { ...object, metadata: { ...rest, annotations: others } };
}

/** What the object means: what it decodes to, or that it is not understood. */
function meaning(object: JsonMap): unknown {
  const version = String(object['apiVersion']).split('/')[1] ?? '';
  const decoded = decodeSmi(object['kind'] as SmiKind['kind'], version, object);
  return decoded.ok ? decoded.value.object : 'nothing';
}

const runs = { numRuns: 200 };

for (const kind of Object.values(smiKinds) as readonly SmiKind[]) {
  describe(`conversion of ${kind.kind}`, () => {
    test('through any chain of versions and back gives the object as it was written', () => {
      fc.assert(
        fc.property(objectOf(kind), fc.array(versionsOf(kind), { maxLength: 5 }), (object, chain) => {
          const before = structuredClone(object);
          const back = converted(chain.reduce(converted, object), String(object['apiVersion']));
          assert.deepEqual(withoutNotes(back), object);
          assert.deepEqual(object, before, 'the input was changed');
        }),
        runs,
      );
    });

    test('never changes what an object means', () => {
      fc.assert(
        fc.property(objectOf(kind), fc.array(versionsOf(kind), { maxLength: 5 }), (object, chain) => {
          assert.deepEqual(meaning(chain.reduce(converted, object)), meaning(object));
        }),
        runs,
      );
    });

    test('touches nothing of the metadata but its own two annotations, and nothing of the status', () => {
      fc.assert(
        fc.property(objectOf(kind), versionsOf(kind), (object, apiVersion) => {
          const result = converted(object, apiVersion);
          assert.equal(result['apiVersion'], apiVersion);
          assert.deepEqual(withoutNotes(result)['metadata'], metadata);
          assert.deepEqual(result['status'], object['status']);
        }),
        runs,
      );
    });

    test('gives the same whether or not it goes through the storage version', () => {
      fc.assert(
        fc.property(objectOf(kind), versionsOf(kind), (object, apiVersion) => {
          const through = converted(converted(object, `${kind.group}/${kind.storage}`), apiVersion);
          assert.deepEqual(withoutNotes(through), withoutNotes(converted(object, apiVersion)));
        }),
        runs,
      );
    });
  });
}

/** A client with types of one version: what it reads and writes back is without the fields that version lacks. */
const typedClients: readonly {
  readonly kind: SmiKind;
  readonly version: string;
  readonly writeBack: (object: JsonMap) => JsonMap;
}[] = [
  { kind: smiKinds.TrafficSplit, version: 'v1alpha1', writeBack: (object) => without(object, 'spec', 'matches') },
  { kind: smiKinds.TrafficSplit, version: 'v1alpha2', writeBack: (object) => without(object, 'spec', 'matches') },
  { kind: smiKinds.TCPRoute, version: 'v1alpha1', writeBack: (object) => without(object, 'spec') },
  { kind: smiKinds.TCPRoute, version: 'v1alpha2', writeBack: (object) => without(object, 'spec') },
  { kind: smiKinds.TCPRoute, version: 'v1alpha3', writeBack: (object) => without(object, 'spec', 'matches') },
  {
    kind: smiKinds.TrafficTarget,
    version: 'v1alpha3',
    writeBack: (object) => without(object, 'spec', 'destination', 'port'),
  },
  {
    kind: smiKinds.TrafficTarget,
    version: 'v1alpha4',
    writeBack: (object) => without(object, 'spec', 'destination', 'port'),
  },
  {
    kind: smiKinds.HTTPRouteGroup,
    version: 'v1alpha1',
    writeBack: (object) =>
      Array.isArray(object['matches'])
        ? { ...object, matches: object['matches'].map((match) => without(match as JsonMap, 'headers')) }
        : object,
  },
];

function without(object: JsonMap, ...path: readonly string[]): JsonMap {
  const [key = '', ...rest] = path;
  if (!isJsonMap(object) || !Object.hasOwn(object, key)) return object;
  if (rest.length > 0) return { ...object, [key]: without(object[key] as JsonMap, ...rest) };
  const { [key]: _, ...others } = object;
  return others;
}

for (const { kind, version, writeBack } of typedClients) {
  test(`a client that knows only ${kind.kind} ${version} widens nothing by writing back what it read`, () => {
    fc.assert(
      fc.property(objectOf(kind), versionsOf(kind), (object, readLater) => {
        fc.pre(meaning(object) !== 'nothing');
        // What was never converted nothing has been noted of.
        fc.pre(object['apiVersion'] !== `${kind.group}/${version}`);
        // In storage the object has what every version can say, as an API server that converts would have put it there.
        const stored = converted(object, `${kind.group}/${kind.storage}`);
        const written = writeBack(converted(stored, `${kind.group}/${version}`));
        assert.deepEqual(meaning(converted(written, readLater)), meaning(object));
      }),
      runs,
    );
  });
}
