import type { Duration } from '../gen/google/protobuf/duration.ts';

export const seconds = (seconds: number): Duration => ({ seconds, nanos: 0 });

export const milliseconds = (milliseconds: number): Duration => ({
  seconds: Math.floor(milliseconds / 1000),
  nanos: (milliseconds % 1000) * 1e6,
});

/** What Envoy takes for "no limit" where it has one by default. */
export const unlimited: Duration = seconds(0);
