import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { refKey } from '../objects/object-ref.ts';
import type { ProxyStatus } from '../xds-server/api.ts';

/** What Envoys have rejected, said of the objects it came from: once per resource, however many Envoys did. */
export function rejectionDiagnostics(proxies: readonly ProxyStatus[]): readonly Diagnostic[] {
  const found = new Map<string, { readonly diagnostic: Diagnostic; readonly proxies: Set<string> }>();
  for (const { proxy, types } of proxies) {
    for (const { type, rejected } of types) {
      for (const { name, version, message, origins } of rejected) {
        for (const object of origins) {
          const key = [type, name, version, refKey(object)].join(' ');
          const known = found.get(key);
          if (known !== undefined) {
            known.proxies.add(proxy);
            continue;
          }
          const sentence = `An Envoy rejected the ${type} ${name} made from it, and keeps what it had: ${message}`;
          const diagnostic = {
            severity: 'error',
            reason: 'ResourceRejected',
            object,
            field: '',
            message: sentence,
          } as const;
          found.set(key, { diagnostic, proxies: new Set([proxy]) });
        }
      }
    }
  }
  return [...found.values()].map(({ diagnostic }) => diagnostic);
}
