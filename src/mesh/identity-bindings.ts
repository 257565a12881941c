/**
 * IdentityBindings: whose identities each of them names (rule R40). A binding speaks for its own namespace only.
 * https://github.com/servicemeshinterface/smi-spec/blob/main/apis/traffic-access/v1alpha4/traffic-access.md
 */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { KeyedMemo, memoizeLast } from '../lib/memo.ts';
import { sortedUnique } from '../lib/order.ts';
import type { NamespacedName } from '../objects/object-ref.ts';
import type { IdentityBinding } from '../smi/model.ts';
import type { MeshOptions } from './options.ts';
import type { MeshPod, Pods } from './pods.ts';
import { identityBindingRef } from './refs.ts';
import { errorOn } from './report.ts';
import { type SpiffeId, serviceAccountId } from './spiffe-id.ts';

export interface ResolvedBinding {
  /** Named as such: every pod that has one of them is meant. Sorted. */
  readonly identities: readonly SpiffeId[];
  /** Pods meant by their labels, whatever their identity. As a destination only they are meant. */
  readonly pods: ReadonlySet<NamespacedName>;
  /**
   * Identities whose pods are all meant by labels. A caller proves its identity, never its labels, so only these can be
   * let in. Sorted.
   */
  readonly exclusive: readonly SpiffeId[];
  /** Identities of which some pods have the labels and others not. Sorted. */
  readonly mixed: readonly SpiffeId[];
}

export interface IdentityBindings {
  readonly get: (key: NamespacedName) => ResolvedBinding | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A binding's result is the same as long as the binding and the pods that it means are. */
export function createIdentityBindings(
  options: MeshOptions,
): (bindings: ReadonlyMap<NamespacedName, IdentityBinding>, pods: Pods) => IdentityBindings {
  const resolve = new KeyedMemo(
    (
      _key: NamespacedName,
      written: WrittenBinding,
      pods: readonly NamespacedName[],
      exclusive: readonly SpiffeId[],
      mixed: readonly SpiffeId[],
    ): ResolvedBinding => ({ identities: written.identities, pods: new Set(pods), exclusive, mixed }),
  );
  const read = new KeyedMemo((_key: NamespacedName, binding: IdentityBinding) => readBinding(binding, options));
  return memoizeLast((bindings, pods) => {
    const resolved = new Map<NamespacedName, ResolvedBinding>();
    const diagnostics: Diagnostic[] = [];
    for (const [key, binding] of bindings) {
      const written = read.get(key, binding);
      const own = pods.inNamespace(binding.meta.namespace);
      const labelled = new Set(written.selectors.flatMap((labels) => own.byLabels(labels)));
      const { exclusive, mixed } = identitiesByLabel(labelled, pods);
      const podKeys = [...labelled].map((pod) => pod.key);
      resolved.set(key, resolve.get(key, written, podKeys, exclusive, mixed));
      diagnostics.push(...written.diagnostics);
    }
    read.sweep();
    resolve.sweep();
    return { get: (key) => resolved.get(key), diagnostics };
  });
}

function identitiesByLabel(
  labelled: ReadonlySet<MeshPod>,
  pods: Pods,
): { readonly exclusive: readonly SpiffeId[]; readonly mixed: readonly SpiffeId[] } {
  const exclusive: SpiffeId[] = [];
  const mixed: SpiffeId[] = [];
  for (const [identity, some] of Map.groupBy(labelled, (pod) => pod.identity)) {
    (pods.byIdentity(identity).length === some.length ? exclusive : mixed).push(identity);
  }
  return { exclusive: sortedUnique(exclusive), mixed: sortedUnique(mixed) };
}

interface WrittenBinding {
  readonly identities: readonly SpiffeId[];
  readonly selectors: IdentityBinding['podSelectors'];
  readonly diagnostics: readonly Diagnostic[];
}

function readBinding(binding: IdentityBinding, options: MeshOptions): WrittenBinding {
  const { namespace } = binding.meta;
  const diagnostics: Diagnostic[] = [];
  const invalid = (field: string, message: string): void => {
    diagnostics.push(errorOn('InvalidIdentityBinding', identityBindingRef(binding), field, message));
  };
  const identities: SpiffeId[] = [];
  binding.spiffeIdentities.forEach((written, index) => {
    const account = ownServiceAccount(written, namespace, options.trustDomain);
    if (account !== undefined) identities.push(serviceAccountId(options.trustDomain, namespace, account));
    else {
      const expected = `${options.trustDomain}/ns/${namespace}/sa/<service account>`;
      const message = `${JSON.stringify(written)} names nobody, because this binding speaks only for ${expected}.`;
      invalid(`spec.schemes.spiffeIdentities[${index}]`, message);
    }
  });

  let selectors = binding.podSelectors;
  if (selectors.length > 0 && binding.serviceAccount !== undefined) {
    selectors = [];
    invalid('spec.schemes', 'A pod label selector and a service account exclude each other; neither names anybody.');
  } else if (binding.serviceAccount !== undefined) {
    identities.push(serviceAccountId(options.trustDomain, namespace, binding.serviceAccount));
  } else if (selectors.length === 0 && binding.spiffeIdentities.length === 0) {
    invalid('spec.schemes', 'The binding has no scheme; it names nobody.');
  }
  return { identities: sortedUnique(identities), selectors, diagnostics };
}

function ownServiceAccount(written: string, namespace: string, trustDomain: string): string | undefined {
  const start = `${trustDomain}/ns/${namespace}/sa/`;
  const identity = written.replace(/^spiffe:\/\//, '');
  const account = identity.startsWith(start) ? identity.slice(start.length) : '';
  return account === '' || account.includes('/') ? undefined : account;
}
