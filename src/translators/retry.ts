/** What is tried again without being asked to: only what cannot happen twice by it. */
import { pack } from '../envoy/any.ts';
import type { RetryPolicy } from '../gen/envoy/config/route/v3/route_components.ts';
import { PreviousHostsPredicate } from '../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.ts';

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1, without TRACE, which no application uses. */
export const safeMethods = ['GET', 'HEAD', 'OPTIONS'] as const;

/** The upstream has certainly not begun to work on the request. */
const notBegun = 'connect-failure,refused-stream,reset-before-request';

const policy = (retryOn: string): RetryPolicy => ({
  retryOn,
  numRetries: 3,
  retryHostPredicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      configType: { $case: 'typedConfig', value: pack(PreviousHostsPredicate, {}) },
    },
  ],
  // A dead endpoint has the fewest requests under way, so the load balancer likes it best, again and again.
  hostSelectionRetryMaxAttempts: 32,
});

/** Requests of safe methods may also be repeated when the connection broke before an answer came. */
export const retrySafe: RetryPolicy = policy(`${notBegun},reset`);

export const retryOther: RetryPolicy = policy(notBegun);
