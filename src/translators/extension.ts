import type { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts';
import { ads } from './config-source.ts';

/** A filter whose configuration is a resource of its own, of the filter's name and one of the types. */
export const discoveredFilter = (name: string, typeUrls: string[]): Filter => ({
  name,
  configType: { $case: 'configDiscovery', value: { configSource: ads, typeUrls } },
});
