import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { validateResource } from '../control/validation.ts';
import { resourceTypes, resourceTypeTable } from '../envoy/resource-type.ts';
import { contentHash } from '../lib/hash.ts';
import { Redacted } from '../lib/redacted.ts';
import { randomObjects } from '../testing/random-objects.ts';
import { type TranslationCase, translateObjects } from '../testing/translation-case.ts';

/** Every resource of every set and proxy, as a hash of its bytes. */
function fingerprint({ mesh, translation }: TranslationCase): readonly string[] {
  const credentials = { certificateChain: 'certificate', privateKey: new Redacted('key'), trustBundle: 'roots' };
  const sets = [
    ['services', translation.services] as const,
    ['transparent', translation.transparent] as const,
    ['explicit', translation.explicit] as const,
    ...[...mesh.workloads.values()].flatMap((workload) =>
      translation.layersFor(workload, credentials).map(({ resources, names }) => {
        const given = names === 'all' ? 'all' : [...names].sort().join();
        return [`${workload.pod.namespace}/${workload.pod.name} ${given}`, resources] as const;
      }),
    ),
  ];
  return sets.flatMap(([of, set]) =>
    resourceTypes.flatMap((type) => {
      const encode = resourceTypeTable[type].encode as (message: unknown) => Uint8Array;
      return [...set[type].values()].map(
        ({ name, message }) => `${of} ${type} ${name} ${contentHash(encode(message))}`,
      );
    }),
  );
}

test('the order in which random objects arrive changes no byte and no diagnostic (R52)', () => {
  const shuffled = randomObjects.chain((objects) =>
    fc.tuple(fc.constant(objects), fc.shuffledSubarray([...objects], { minLength: objects.length })),
  );
  fc.assert(
    fc.property(shuffled, ([objects, otherwise]) => {
      const [one, other] = [translateObjects(objects), translateObjects(otherwise)];
      assert.deepEqual(fingerprint(other), fingerprint(one));
      assert.deepEqual(other.diagnostics, one.diagnostics);
    }),
    { numRuns: 150 },
  );
});

test('random objects never make a resource that breaks a rule of Envoy’s', () => {
  fc.assert(
    fc.property(randomObjects, (objects) => {
      const { mesh, translation } = translateObjects(objects);
      const credentials = { certificateChain: 'certificate', privateKey: new Redacted('key'), trustBundle: 'roots' };
      const sets = [
        ...[translation.services, translation.transparent, translation.explicit],
        ...[...mesh.workloads.values()].flatMap((workload) =>
          translation.layersFor(workload, credentials).map(({ resources }) => resources),
        ),
      ];
      for (const set of sets) {
        for (const type of resourceTypes) {
          for (const resource of set[type].values()) assert.deepEqual(validateResource(resource), [], resource.name);
        }
      }
    }),
    { numRuns: 150 },
  );
});
