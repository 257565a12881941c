import { ApiVersion, type ConfigSource } from '../gen/envoy/config/core/v3/config_source.ts';

/** From the one stream that everything comes by. */
export const ads: ConfigSource = {
  configSourceSpecifier: { $case: 'ads', value: {} },
  resourceApiVersion: ApiVersion.V3,
};
