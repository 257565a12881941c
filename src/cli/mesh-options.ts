/** Settings as the rooms behind the command line call them. */
import type { meshSettings, ValuesOf } from '../config.ts';
import type { MeshOptions } from '../mesh/options.ts';
import type { TranslationOptions } from '../translators/options.ts';

type Values = ValuesOf<typeof meshSettings>;

export const meshOptions = (values: Values): MeshOptions => ({
  trustDomain: values.trustDomain,
  clusterDomain: values.clusterDomain,
  defaultMode: values.mode,
  defaultSidecar: values.defaultSidecar,
  crossNamespaceTargets: values.crossNamespaceTargets,
});

export const translationOptions = (values: Values): TranslationOptions => ({
  clusterDomain: values.clusterDomain,
  outboundTraffic: values.outboundTraffic,
  scope: values.scope,
});
