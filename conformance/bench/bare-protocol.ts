/** What the bench and its bare reference server say to each other. */
export type BareCommand =
  | {
      readonly type: 'serve';
      readonly recordings: readonly { readonly typeUrl: string; readonly files: readonly string[] }[];
    }
  | { readonly type: 'change'; readonly file: string };

export type BareReport =
  | { readonly type: 'listening'; readonly port: number }
  /** `started` is taken just before the first write. */
  | { readonly type: 'changed'; readonly started: string };
