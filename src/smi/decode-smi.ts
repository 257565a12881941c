import type { JsonMap } from '../lib/json.ts';
import { ok, type Result } from '../lib/result.ts';
import type { Flaw } from '../objects/decoding.ts';
import { conversions } from './convert.ts';
import type { SmiFlaw } from './flaw.ts';
import { decodeHTTPRouteGroup } from './http-route-group.ts';
import { decodeIdentityBinding } from './identity-binding.ts';
import type { SmiKind } from './kinds.ts';
import type { HTTPRouteGroup, IdentityBinding, PortRoute, TrafficSplit, TrafficTarget } from './model.ts';
import { decodePortRoute } from './port-route.ts';
import { readSmiObject, type SmiObject } from './smi-object.ts';
import { decodeTrafficSplit } from './traffic-split.ts';
import { decodeTrafficTarget } from './traffic-target.ts';

/** What each SMI kind decodes to. */
export interface SmiModels {
  readonly TrafficSplit: TrafficSplit;
  readonly TrafficTarget: TrafficTarget;
  readonly IdentityBinding: IdentityBinding;
  readonly HTTPRouteGroup: HTTPRouteGroup;
  readonly TCPRoute: PortRoute;
  readonly UDPRoute: PortRoute;
}

const decoders: {
  readonly [K in SmiKind['kind']]: (object: SmiObject, flaws: SmiFlaw[]) => Result<SmiModels[K], readonly Flaw[]>;
} = {
  TrafficSplit: decodeTrafficSplit,
  TrafficTarget: decodeTrafficTarget,
  IdentityBinding: decodeIdentityBinding,
  HTTPRouteGroup: decodeHTTPRouteGroup,
  TCPRoute: decodePortRoute,
  UDPRoute: decodePortRoute,
};

/**
 * Decodes a raw SMI object of a known kind and version to the kind's canonical shape (rule R1). With it come the flaws
 * of its parts; the error is what is wrong with it as a whole.
 */
export function decodeSmi<K extends SmiKind['kind']>(
  kind: K,
  version: string,
  object: JsonMap,
): Result<{ readonly object: SmiModels[K]; readonly flaws: readonly SmiFlaw[] }, readonly Flaw[]> {
  const flaws: SmiFlaw[] = [];
  const read = readSmiObject(object, version, conversions[kind], flaws);
  if (!read.ok) return read;
  const decoded = decoders[kind](read.value, flaws);
  return decoded.ok ? ok({ object: decoded.value, flaws }) : decoded;
}
