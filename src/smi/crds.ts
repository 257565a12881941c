/**
 * The CustomResourceDefinitions of SMI, from which `scripts/crds.ts` makes `manifests/crds/`.
 *
 * As long as there is no conversion webhook, the strategy is `None`: an API server then serves what was written in one
 * version as any other, spelled as it was. So every version of a kind has one and the same schema, which admits all their
 * spellings, and unknown fields are preserved everywhere (rule R5): an update in one version prunes nothing of another.
 */
import type { JsonMap } from '../lib/json.ts';
import { type SmiKind, smiKinds } from './kinds.ts';

const preserved = { 'x-kubernetes-preserve-unknown-fields': true };

const map = (description: string, properties: JsonMap, required: readonly string[] = []): JsonMap => ({
  description,
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...preserved,
});

const list = (description: string, items: JsonMap): JsonMap => ({ description, type: 'array', items });

const text = (description: string, ...values: readonly string[]): JsonMap => ({
  description,
  type: 'string',
  ...(values.length === 0 ? {} : { enum: values }),
});

const numberOrText = (description: string, minimum: number, maximum: number | undefined, pattern: string): JsonMap => ({
  description,
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  'x-kubernetes-int-or-string': true,
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
  pattern,
});

const quantityPattern = '^\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?$';

const trafficSplitSpec = map(
  'Which service’s traffic is split, and among whom.',
  {
    service: text('The root service: the one that clients address.'),
    backends: list(
      'The services that share the traffic, by weight.',
      map(
        'A service and its share.',
        {
          service: text('Name of a service in the same namespace.'),
          weight: numberOrText(
            'Share relative to the other backends: a whole number, in v1alpha1 a quantity. Missing is 0.',
            0,
            undefined,
            quantityPattern,
          ),
        },
        ['service'],
      ),
    ),
    matches: list(
      'Only requests that one of these matches are split (v1alpha3 and later). None: every request.',
      map(
        'A route group in the same namespace.',
        { kind: text('Kind of the reference.', 'HTTPRouteGroup'), name: text('Name of the route group.') },
        ['kind', 'name'],
      ),
    ),
  },
  ['service', 'backends'],
);

const subject = (description: string, more: JsonMap = {}): JsonMap =>
  map(
    description,
    {
      kind: text('ServiceAccount, or IdentityBinding (v1alpha4).', 'ServiceAccount', 'IdentityBinding'),
      name: text('Name of the subject.'),
      namespace: text('Namespace of the subject; that of this object where none is given.'),
      ...more,
    },
    ['kind', 'name'],
  );

const destination = subject('Whose pods are allowed to be called.', {
  port: numberOrText(
    'The only port that is allowed (v1alpha1 and v1alpha2). None: those of the rules.',
    1,
    65_535,
    '^[0-9]{1,5}$',
  ),
});

const sources = list('Whose pods are allowed to call.', subject('A caller.'));

const rules = list(
  'What is allowed.',
  map(
    'A route, or some matches of it.',
    {
      kind: text('Kind of the route.', 'HTTPRouteGroup', 'TCPRoute', 'UDPRoute'),
      name: text('Name of a route in the same namespace.'),
      matches: list('Names of the matches that are allowed. Not given: all.', text('Name of a match.')),
    },
    ['kind', 'name'],
  ),
);

const matches = list(
  'The requests that this group is about: those that any of these matches.',
  map(
    'Conditions of which each must hold.',
    {
      name: text('Name of the match, for others to refer to.'),
      pathRegex: text('Regular expression (RE2) that the path must begin with.'),
      methods: list('HTTP methods; `*` or none is any.', text('An HTTP method.')),
      headers: {
        description: 'Header names and the regular expressions their values must match: a map, or a list of maps.',
        ...preserved,
      },
    },
    ['name'],
  ),
);

const portRouteSpec = map('Which ports this route is about.', {
  matches: map('Which ports this route is about (v1alpha4).', {
    ports: list('Port numbers. None: every port.', { type: 'integer', minimum: 1, maximum: 65_535 }),
  }),
});

const identityBindingSpec = map(
  'Whom this binding names.',
  {
    schemes: map('Each names some; all that any names are meant. Not both a service account and pod labels.', {
      podLabelSelectors: list(
        'Pods by their labels.',
        map('A selector.', { name: text('Name of the selector.'), matchLabels: labels() }, ['matchLabels']),
      ),
      podLabelSelector: map('Pods by their labels.', { matchLabels: labels() }, ['matchLabels']),
      spiffeIdentities: list('SPIFFE identities, without `spiffe://`.', text('A SPIFFE identity.')),
      serviceAccount: text('A service account in the same namespace.'),
    }),
  },
  ['schemes'],
);

function labels(): JsonMap {
  return {
    description: 'Labels that a pod must all have.',
    type: 'object',
    additionalProperties: { type: 'string' },
    minProperties: 1,
  };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/ and its `Condition`. */
const status = map('What became of the object.', {
  conditions: {
    description: 'Accepted: it was understood. Programmed: every proxy that needs it has it.',
    type: 'array',
    items: {
      type: 'object',
      properties: {
        type: { type: 'string' },
        status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
        observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
        lastTransitionTime: { type: 'string', format: 'date-time' },
        reason: { type: 'string' },
        message: { type: 'string' },
      },
      required: ['type', 'status'],
    },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
});

interface Column {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description: string;
}

/** What is particular to a kind: its schema below the root, and its columns in `kubectl get`. */
interface Shape {
  readonly description: string;
  readonly properties: JsonMap;
  readonly validation?: JsonMap;
  readonly columns: (version: string) => readonly Column[];
}

const column = (name: string, jsonPath: string, description: string, type = 'string'): Column => ({
  name,
  type,
  jsonPath,
  description,
});

const portRoute = (protocol: string): Shape => ({
  description: `${protocol} ports that a TrafficTarget can allow.`,
  properties: { spec: portRouteSpec },
  columns: () => [column('Ports', '.spec.matches.ports', 'The ports; none is every port.')],
});

const shapes: { readonly [K in SmiKind['kind']]: Shape } = {
  TrafficSplit: {
    description: 'Splits the traffic of a service among several.',
    properties: { spec: trafficSplitSpec },
    validation: { required: ['spec'] },
    columns: () => [column('Service', '.spec.service', 'The service whose traffic is split.')],
  },
  TrafficTarget: {
    description: 'Allows some callers some requests to some pods. What no TrafficTarget allows is denied.',
    properties: {
      spec: map('What is allowed (v1alpha2 and later).', { destination, rules, sources }),
      destination,
      specs: rules,
      sources,
    },
    // With a status subresource, neither `anyOf` nor `oneOf` may stand at the root of a schema.
    validation: {
      'x-kubernetes-validations': [
        { rule: 'has(self.spec) || has(self.destination)', message: 'spec is required; in v1alpha1, destination' },
      ],
    },
    columns: (version) => [
      column(
        'Destination',
        version === 'v1alpha1' ? '.destination.name' : '.spec.destination.name',
        'Whose pods are allowed to be called.',
      ),
    ],
  },
  IdentityBinding: {
    description: 'Names a set of identities, for TrafficTargets to refer to.',
    properties: { spec: identityBindingSpec },
    validation: { required: ['spec'] },
    columns: () => [column('Service account', '.spec.schemes.serviceAccount', 'The service account it names.')],
  },
  HTTPRouteGroup: {
    description: 'Describes HTTP requests, for TrafficTargets and TrafficSplits to refer to.',
    properties: { spec: map('The requests (v1alpha3 and later).', { matches }), matches },
    columns: () => [],
  },
  TCPRoute: portRoute('TCP'),
  UDPRoute: portRoute('UDP'),
};

const commonColumns: readonly Column[] = [
  column('Accepted', '.status.conditions[?(@.type=="Accepted")].status', 'Whether it was understood.'),
  column('Programmed', '.status.conditions[?(@.type=="Programmed")].status', 'Whether every proxy has it.'),
  column('Age', '.metadata.creationTimestamp', 'Time since it was created.', 'date'),
];

/** The CustomResourceDefinition of a kind, all of its versions served. */
export function customResourceDefinition({ kind, group, plural, shortName, versions, storage }: SmiKind): JsonMap {
  const { description, properties, validation, columns } = shapes[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'smi-envoy' } },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['smi'],
      },
      conversion: { strategy: 'None' },
      versions: versions.map((version) => ({
        name: version,
        served: true,
        storage: version === storage,
        schema: {
          openAPIV3Schema: {
            description,
            type: 'object',
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              ...properties,
              status,
            },
            ...validation,
            ...preserved,
          },
        },
        subresources: { status: {} },
        additionalPrinterColumns: [...columns(version), ...commonColumns],
      })),
    },
  };
}

/** Every CRD by the name of its file in `manifests/crds/`. */
export const crdFiles: ReadonlyMap<string, JsonMap> = new Map(
  Object.values(smiKinds).map((kind) => [`${kind.plural}.${kind.group}.yaml`, customResourceDefinition(kind)]),
);
