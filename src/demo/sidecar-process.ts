import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { LeashedProcess } from './leashed-process.ts';

export interface SidecarOptions {
  /** The Envoy binary. */
  readonly envoy: string;
  /** File with its bootstrap. */
  readonly bootstrap: string;
  /** File that Envoy writes the address of its admin interface to. */
  readonly adminAddress: string;
  /** File descriptor that takes its log. */
  readonly log: number;
}

/** Milliseconds between looks at an Envoy that is starting. */
const lookEveryMs = 20;

/** An Envoy beside a program. */
export class SidecarProcess {
  readonly process: LeashedProcess;
  /** When it has the listeners it was given first, and they listen. Never, if it does not come to that. */
  readonly ready: Promise<void>;

  constructor({ envoy, bootstrap, adminAddress, log }: SidecarOptions) {
    // What an Envoy before this one has left says nothing of it.
    rmSync(adminAddress, { force: true });
    this.process = new LeashedProcess({
      command: envoy,
      args: [
        ...['-c', bootstrap, '--admin-address-path', adminAddress],
        // Several Envoys on one machine would share memory by default; and one thread is plenty.
        ...['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning'],
      ],
      stdio: ['ignore', log, log],
    });
    this.ready = this.#untilReady(adminAddress);
  }

  async #untilReady(adminAddress: string): Promise<void> {
    const end = { ended: false };
    void this.process.ended.then(() => {
      end.ended = true;
    });
    while (!end.ended) {
      if (await isLive(adminAddress)) return;
      await after(lookEveryMs);
    }
    return new Promise(() => {});
  }
}

/** https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--ready */
async function isLive(adminAddress: string): Promise<boolean> {
  try {
    const response = await fetch(`http://${(await readFile(adminAddress, 'utf8')).trim()}/ready`);
    return response.ok;
  } catch {
    // Not there yet.
    return false;
  }
}
