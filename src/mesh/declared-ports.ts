/** What a Service says of its ports, before anybody looks at what is behind them. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { memoizeByIdentity } from '../lib/memo.ts';
import type { Service, ServicePort } from '../objects/core.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { type Protocol, type ServicePortKey, servicePortKey, type Transport } from './model.ts';
import { protocolOf } from './protocol.ts';
import { serviceRef } from './refs.ts';
import { warningOn } from './report.ts';

export interface DeclaredPort {
  readonly key: ServicePortKey;
  readonly service: Service;
  readonly ref: ObjectRef;
  readonly spec: ServicePort;
  /** Where it stands in the Service: `spec.ports[0]`. */
  readonly field: string;
  readonly number: number;
  readonly transport: Transport;
  readonly protocol: Protocol;
  readonly http2: boolean;
}

export interface DeclaredPorts {
  readonly ports: readonly DeclaredPort[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The ports of a Service that the mesh carries: none of an ExternalName, which is but an alias that clients resolve by
 * themselves. The same Service gives the same result.
 */
export const declaredPorts: (service: Service) => DeclaredPorts = memoizeByIdentity((service) => {
  const ref = serviceRef(service);
  const ports = new Map<ServicePortKey, DeclaredPort>();
  const diagnostics: Diagnostic[] = [];
  if (service.externalName !== undefined) return { ports: [], diagnostics };

  service.ports.forEach((spec, index) => {
    const field = `spec.ports[${index}]`;
    const choice = protocolOf(spec);
    if (choice.protocol === 'unsupported') {
      const message = `Port ${spec.port} is ${spec.protocol}, which the mesh does not carry; its traffic is left alone.`;
      diagnostics.push(warningOn('UnsupportedProtocol', ref, `${field}.protocol`, message));
      return;
    }
    if (!choice.known) {
      const message = `${JSON.stringify(spec.appProtocol)} is no protocol that we know, so port ${spec.port} is carried as TCP.`;
      diagnostics.push(warningOn('UnknownProtocol', ref, `${field}.appProtocol`, message));
    }
    const transport = choice.protocol === 'udp' ? 'udp' : 'tcp';
    const key = servicePortKey(service.meta.namespace, service.meta.name, spec.port, transport);
    // Kubernetes refuses a number given twice; of a file's, the first counts.
    if (ports.has(key)) return;
    const { protocol, http2 } = choice;
    ports.set(key, { key, service, ref, spec, field, number: spec.port, transport, protocol, http2 });
  });
  return { ports: [...ports.values()], diagnostics };
});
