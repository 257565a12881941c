/** A control plane as it is operated: with its log, metrics and admin server. */
import type { Logger } from 'pino';
import { type Address, formatAddress, isLoopback } from '../lib/address.ts';
import type { Source } from '../sources/source.ts';
import { adminPages } from './admin-pages.ts';
import { AdminServer } from './admin-server.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { logEvents } from './log-events.ts';
import { measure } from './metrics.ts';

export interface DaemonOptions extends ControlPlaneOptions {
  readonly xds: Address;
  readonly admin: Address;
  readonly log: Logger;
  /** Memory, CPU and so on among the metrics. Default true. */
  readonly processMetrics?: boolean;
}

export interface Daemon {
  readonly plane: ControlPlane;
  /** Where it listens, with the ports that were chosen. */
  readonly xds: Address;
  readonly admin: Address;
  stop(): Promise<void>;
}

/** Resolves when it listens; rejects, with nothing left open, when it cannot. */
export async function startDaemon(source: Source, options: DaemonOptions): Promise<Daemon> {
  const { log } = options;
  const plane = new ControlPlane(source, options);
  plane.listen(logEvents(log));
  const registry = measure(plane, { processMetrics: options.processMetrics ?? true });
  const pages = adminPages(plane, registry, {
    trustDomain: options.mesh.trustDomain,
    scope: options.translation.scope,
  });
  const adminServer = new AdminServer(pages, (path, error) =>
    log.error({ err: error }, `a mistake of smi-envoy's own while answering ${path}`),
  );
  const admin = await adminServer.listen(options.admin);
  try {
    const xds = await plane.start(options.xds);
    log.info({ xds: formatAddress(xds), admin: `http://${formatAddress(admin)}/` }, 'listening');
    if (!isLoopback(xds)) {
      log.warn(
        'proxies connect in plain text, and are sent private keys: let only trusted networks reach the xDS port',
      );
    }
    let stopped = false;
    return {
      plane,
      xds,
      admin,
      async stop() {
        if (stopped) return;
        stopped = true;
        await Promise.all([plane.stop(), adminServer.stop()]);
        log.info('stopped');
      },
    };
  } catch (error) {
    await adminServer.stop();
    throw error;
  }
}
