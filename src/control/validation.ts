import { validateResource as violationsOf } from '../envoy/validate.ts';
import type { Validate } from '../snapshot/make.ts';

/** What Envoy would not accept of a resource, as sentences: `virtual_hosts[0].domains must have at least 1 item`. */
export const validateResource: Validate = (resource) =>
  violationsOf(resource).map(({ path, reason }) => (path === '' ? reason : `${path} ${reason}`));
