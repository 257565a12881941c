/** How a sidecar says no: an HTTP answer, never a reset, with the reason in a header (rule R30). */
import type { HeaderValueOption } from '../gen/envoy/config/core/v3/base.ts';

/** The reasons, each the value of the header below. Documented for users in docs/support.md. */
export type Denial =
  /** 403: no TrafficTarget allows this caller this request (R30). */
  | 'not-allowed'
  /**
   * 403: the caller shows no identity (R31). It has no sidecar; or an intercepting one that does not know the service,
   * since no TrafficTarget lets its identity call it, and passes on what it does not know.
   */
  | 'no-identity'
  /** 403: the sidecar of the caller knows no service of this name and port that the caller may call. */
  | 'unknown-destination'
  /** 503: a split leaves no backend that could be sent to (R14). */
  | 'no-usable-backend';

export const deniedHeader = 'x-smi-envoy-denied';

export const denied = (reason: Denial): HeaderValueOption => ({ header: { key: deniedHeader, value: reason } });
