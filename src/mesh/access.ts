/** What a TrafficTarget means for one port of one pod (rules R37, R38 and R41). */
import type { Grant, HttpMatch, Protocol } from './model.ts';
import type { Allowed, PortSet, ResolvedTarget } from './targets.ts';

/** A port of a pod, as rules can name it. */
export interface NamedPort {
  readonly number: number;
  readonly protocol: Protocol;
  /** Numbers of the service ports that lead to it. */
  readonly serviceNumbers: readonly number[];
}

/** What the target grants on the port; `undefined`: nothing. */
export function grantOf(target: ResolvedTarget, port: NamedPort): Grant | undefined {
  const requests = requestsAllowed(target.allowed, port);
  if (requests === undefined) return undefined;
  const callerAddresses = port.protocol === 'udp' ? target.callerAddresses : [];
  return { origin: target.ref, callers: target.callers, callerAddresses, requests };
}

function requestsAllowed(allowed: Allowed, port: NamedPort): Grant['requests'] | undefined {
  const { http, tcp, udp, onlyPort } = allowed;
  if (onlyPort !== undefined && !names(onlyPort, port)) return undefined;
  switch (port.protocol) {
    case 'http':
      // HTTP rules and TCP rules together: one of the requests, and on one of the ports. Either alone stands for itself.
      if (tcp !== undefined && !includes(tcp, port)) return undefined;
      if (http === undefined) return tcp === undefined ? undefined : 'any';
      return atLeastOne(http);
    case 'tcp':
      // Where HTTP rules are written they must hold, and on a TCP port none can.
      return http === undefined && tcp !== undefined && includes(tcp, port) ? 'any' : undefined;
    case 'udp':
      return udp !== undefined && includes(udp, port) ? 'any' : undefined;
  }
}

/** Whether there are ports that it would allow something on. Not so where a rule is written that allows nothing. */
export function allowsAnything({ http, tcp, udp }: Allowed): boolean {
  const emptyHttp = http?.length === 0;
  const emptyTcp = tcp !== undefined && tcp !== 'every' && tcp.size === 0;
  if ((http !== undefined || tcp !== undefined) && !emptyHttp && !emptyTcp) return true;
  return udp === 'every' || (udp !== undefined && udp.size > 0);
}

const atLeastOne = (matches: readonly HttpMatch[]): readonly HttpMatch[] | undefined =>
  matches.length === 0 ? undefined : matches;

const includes = (ports: PortSet, port: NamedPort): boolean =>
  ports === 'every' || ports.has(port.number) || port.serviceNumbers.some((number) => ports.has(number));

const names = (number: number, port: NamedPort): boolean =>
  port.number === number || port.serviceNumbers.includes(number);
