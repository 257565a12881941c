import type { Logger } from 'pino';
import { type ObjectChange, objectKinds } from '../cluster/cluster-state.ts';
import { formatDiagnostic } from '../diagnostics/diagnostic.ts';
import { describeRef } from '../objects/object-ref.ts';
import type { SourceStatus } from '../sources/source.ts';
import type { XdsEvent } from '../xds-server/api.ts';
import type { ControlListener, Publication } from './events.ts';

/** Objects that are named in a line; of more only the number is said. */
const namedObjects = 5;

/** Writes what happens as lines of a log: one for each change, when the last proxy has acknowledged it. */
export function logEvents(log: Logger): ControlListener {
  const logSource = sourceLog(log);
  return (event) => {
    switch (event.type) {
      case 'published':
        break;
      case 'settled':
        log.info(
          { ...describePublication(event.publication), ackedMs: round(event.milliseconds) },
          titleOf(event.publication),
        );
        break;
      case 'overdue': {
        const { publication, proxies } = event;
        log.warn({ ...describePublication(publication), proxies }, 'some proxies have not acknowledged a change');
        break;
      }
      case 'diagnostics':
        for (const diagnostic of event.appeared) {
          const line = { reason: diagnostic.reason };
          if (diagnostic.severity === 'error') log.error(line, formatDiagnostic(diagnostic));
          else log.warn(line, formatDiagnostic(diagnostic));
        }
        for (const diagnostic of event.cleared) {
          log.info({ reason: diagnostic.reason }, `no longer: ${formatDiagnostic(diagnostic)}`);
        }
        break;
      case 'source':
        logSource(event.status);
        break;
      case 'xds':
        logXds(log, event.event);
        break;
      case 'fault':
        log.error({ err: event.error }, `a mistake of smi-envoy's own while ${event.doing}; what was served still is`);
        break;
    }
  };
}

const titleOf = ({ before, changes }: Publication): string =>
  before === undefined
    ? 'everything was read'
    : changes.length === 0
      ? 'only problems changed'
      : `changed: ${changes.slice(0, namedObjects).map(describeChange).join(', ')}${
          changes.length > namedObjects ? ` and ${changes.length - namedObjects} more` : ''
        }`;

const describeChange = ({ kind, key, object }: ObjectChange): string =>
  `${kind} ${key}${object === undefined ? ' (gone)' : ''}`;

const describePublication = (publication: Publication) => ({
  objects: objectKinds.reduce((sum, kind) => sum + publication.state[kind].size, 0),
  objectsChanged: publication.changes.length,
  resourcesChanged: publication.resourcesChanged,
  proxiesTouched: publication.proxiesTouched,
  rebuiltMs: round(publication.rebuiltIn),
  publishedMs: round(publication.publishedAfter),
});

/** Trouble that many parts have alike is one line, and so is its end. */
function sourceLog(log: Logger): (status: SourceStatus) => void {
  const troubles = new Map<string, string>();
  return ({ part, condition, message }) => {
    const line = { part, condition };
    if (message !== '' && (condition === 'starting' || condition === 'stale')) {
      const known = [...troubles.values()].includes(message);
      troubles.set(part, message);
      if (!known) log.warn(line, `cannot read ${part}: ${message}`);
    } else if (troubles.delete(part) && troubles.size === 0) {
      log.info('everything can be read again');
    }
    log.debug(line, message === '' ? `${part} is ${condition}` : `${part} is ${condition}: ${message}`);
  };
}

function logXds(log: Logger, event: XdsEvent): void {
  switch (event.type) {
    case 'connected':
      log.info({ proxy: event.proxy, stream: event.stream, userAgent: event.node.userAgent }, 'proxy connected');
      break;
    case 'disconnected':
      log.info({ proxy: event.proxy, stream: event.stream }, 'proxy disconnected');
      break;
    case 'refused':
      log.warn({ node: event.nodeId, peer: event.peer }, `proxy refused: ${event.message}`);
      break;
    case 'synced':
      log.debug({ proxy: event.proxy, stream: event.stream, sequence: event.sequence }, 'proxy is up to date');
      break;
    case 'nack': {
      const { proxy, resourceType, resources, origins, message } = event;
      log.error(
        { proxy, type: resourceType, resources, origins: origins.map(describeRef) },
        `proxy rejected its configuration: ${message}`,
      );
      break;
    }
  }
}

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;
