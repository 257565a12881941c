/** What an operator decides for the whole mesh. */
export interface TranslationOptions {
  /** As in `reviews.bookstore.svc.cluster.local`. */
  readonly clusterDomain: string;
  /** Intercepted traffic to what the mesh does not know: goes where it was going, or is closed. */
  readonly outboundTraffic: 'passthrough' | 'block';
  /** Which services a sidecar is told of: those its identity may call, or all. */
  readonly scope: 'policy' | 'all';
}

export const defaultTranslationOptions: TranslationOptions = {
  clusterDomain: 'cluster.local',
  outboundTraffic: 'passthrough',
  scope: 'policy',
};
