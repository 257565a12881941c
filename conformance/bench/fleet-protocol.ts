/** What the bench and its fleet of simulated sidecars say to each other. Times are `process.hrtime.bigint()`, which all
 *  processes of a machine share, as decimal strings. */
export type FleetCommand =
  | {
      readonly type: 'connect';
      readonly address: string;
      readonly nodes: readonly { readonly id: string; readonly cluster: string }[];
      /** How many endpoints, routes and listeners each sidecar is complete with. */
      readonly services: number;
    }
  | { readonly type: 'expect-change'; readonly route: string; readonly count: number }
  | { readonly type: 'disconnect' };

export type FleetReport =
  | {
      readonly type: 'complete';
      readonly started: string;
      readonly ended: string;
      readonly bytes: number;
      readonly responses: number;
    }
  | { readonly type: 'expecting' }
  | { readonly type: 'acked'; readonly ended: string; readonly bytes: number; readonly responses: number }
  | { readonly type: 'error'; readonly message: string };
