/** What we keep of an object's `metadata`. */
export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339, UTC, whole seconds, as Kubernetes writes it: code unit order is time order. */
  readonly creationTimestamp: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Only our own annotations (`smi-envoy.io/…`): the others can be large and decide nothing here. */
  readonly annotations: Readonly<Record<string, string>>;
}
