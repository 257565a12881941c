/** Numbers and changes in words that screen, lines and tour share. */
import type { ChangeView } from './view.ts';

/** `90%`, `8.3%`: at most one decimal. */
export const percent = (fraction: number): string => `${Number((fraction * 100).toFixed(1))}%`;

/** `6.3 ms`, `1.2 s` */
export const milliseconds = (ms: number): string =>
  ms < 1000 ? `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `1 resource to 3 sidecars` */
export const describeCost = ({ resources, proxies }: ChangeView): string =>
  `${plural(resources, 'resource')} to ${plural(proxies, 'sidecar')}`;

/** `6.3 ms from the file’s change to the last ACK` */
export function describeTiming({ ms, proxies }: ChangeView): string {
  if (ms === undefined) return 'waiting for the last ACK …';
  return `${milliseconds(ms)} from the file’s change to ${proxies === 0 ? 'here' : 'the last ACK'}`;
}
