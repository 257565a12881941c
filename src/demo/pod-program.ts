/**
 * What the pods of a directory run. The control plane has no use for containers and keeps nothing of them; whoever
 * plays the kubelet has, and reads them here.
 */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type NamespacedName, namespacedName } from '../objects/object-ref.ts';

export interface PodProgram {
  readonly pod: NamespacedName;
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const fieldRef = z.object({ fieldRef: z.object({ fieldPath: z.string() }) });

const podSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Pod'),
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  spec: z.object({
    containers: z.tuple([
      z.object({
        command: z.array(z.string()).min(1),
        args: z.array(z.string()).default([]),
        env: z
          .array(z.object({ name: z.string(), value: z.string().optional(), valueFrom: fieldRef.optional() }))
          .default([]),
      }),
    ]),
  }),
  status: z.object({ podIP: z.string() }),
});

/** The programs of all pods in a file that have exactly one container with a command. What cannot be read is left out. */
export function readPodPrograms(yaml: string): readonly PodProgram[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const pod = document.errors.length === 0 ? podSchema.safeParse(contentOf(document)).data : undefined;
    return pod === undefined ? [] : [programOf(pod)];
  });
}

function contentOf(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch {
    // Aliases are resolved only now. What is wrong with them is told by the control plane.
    return undefined;
  }
}

function programOf({ metadata, spec, status }: z.infer<typeof podSchema>): PodProgram {
  const [container] = spec.containers;
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'status.podIP': status.podIP,
  };
  const env = container.env.map(({ name, value, valueFrom }): [string, string] => [
    name,
    value ?? fields[valueFrom?.fieldRef.fieldPath ?? ''] ?? '',
  ]);
  return {
    pod: namespacedName(metadata.namespace, metadata.name),
    name: metadata.name,
    command: [...container.command, ...container.args],
    env: Object.fromEntries(env),
  };
}
