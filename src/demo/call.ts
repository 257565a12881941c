/** One call that a workload of the example made through its sidecar, as the workload itself saw it. */
import { z } from 'zod';

const reportSchema = z.object({
  call: z.string(),
  protocol: z.enum(['http', 'tcp']),
  /** Name of the service that was called. */
  to: z.string(),
  /** `service.namespace:port` */
  authority: z.string(),
  method: z.string().optional(),
  path: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  status: z.number().optional(),
  /** Name of the pod that answered. */
  by: z.string().optional(),
  /** What the response header `x-smi-envoy-denied` said. */
  denied: z.string().optional(),
  error: z.string().optional(),
  ms: z.number(),
});

export type CallReport = Readonly<z.infer<typeof reportSchema>>;

export interface Call extends CallReport {
  /** Name of the pod that called. */
  readonly from: string;
  /** When its report came, in milliseconds of the observer's clock. */
  readonly at: number;
}

/**
 * `answered`: the application answered. `denied`: a sidecar answered 403 and said why. `closed`: a TCP connection gave
 * not a single byte, which is how TCP is refused. `failed`: anything else, and never to be expected.
 */
export type Outcome = 'answered' | 'denied' | 'closed' | 'failed';

export function outcomeOf(call: CallReport): Outcome {
  if (call.denied !== undefined && call.status === 403) return 'denied';
  if (call.error === undefined) return 'answered';
  return call.protocol === 'tcp' ? 'closed' : 'failed';
}

/** `GET bookstore/books`, `TCP orders-db`: what was asked of whom. */
export const describeRequest = (call: CallReport): string =>
  call.protocol === 'tcp' ? `TCP ${call.to}` : `${call.method ?? 'GET'} ${call.to}${call.path ?? ''}`;

export const parseReport = (report: unknown): CallReport | undefined => reportSchema.safeParse(report).data;

/** A line of a workload's standard output; `undefined` when it is not the report of a call. */
export function parseReportLine(line: string): CallReport | undefined {
  try {
    return parseReport(JSON.parse(line));
  } catch {
    return undefined;
  }
}
