/** What the admin server shows of a control plane. */
import type { Registry } from 'prom-client';
import type { TranslationOptions } from '../translators/options.ts';
import type { ProxyId } from '../xds-server/api.ts';
import { type AdminPages, json, text } from './admin-server.ts';
import type { ControlPlane } from './control-plane.ts';
import { printSnapshot } from './print-snapshot.ts';
import { answerQuestion, questionOfParameters, readQuestion } from './question.ts';

/** What answers to questions depend on, besides the mesh. */
export interface AnswerOptions {
  readonly trustDomain: string;
  readonly scope: TranslationOptions['scope'];
}

export const adminPages = (plane: ControlPlane, metrics: Registry, options: AnswerOptions): AdminPages => ({
  '/healthz': { title: 'the process is alive', answer: () => text('ok') },
  '/readyz': {
    title: 'everything has been read once, and proxies can be served',
    answer: () => {
      if (plane.current !== undefined) return text('ok');
      const waiting = plane.sources().filter(({ condition }) => condition !== 'live' && condition !== 'absent');
      const reasons = waiting.map(({ part, condition, message }) => `${part}: ${message === '' ? condition : message}`);
      return text(['not ready: not everything has been read yet', ...reasons].join('\n'), 503);
    },
  },
  '/metrics': {
    title: 'for Prometheus',
    answer: async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
  },
  '/debug/mesh': {
    title: 'services, workloads and who may call whom, as understood from the objects',
    answer: () => (plane.current === undefined ? notYet : json(plane.current.mesh)),
  },
  '/debug/diagnostics': {
    title: 'what is wrong with the objects that were read',
    answer: () => json(plane.diagnostics()),
  },
  '/debug/explain': {
    title: '?from=ns/sa&to=ns/service:port[&method=&path=&header=name=value]: where a request goes, and who says so',
    answer: (query) => {
      if (plane.current === undefined) return notYet;
      const question = readQuestion(questionOfParameters(query), options.trustDomain);
      return question.ok
        ? json(answerQuestion(plane.current.mesh, question.value, options.scope))
        : text(question.error, 400);
    },
  },
  '/debug/sources': { title: 'how reading goes', answer: () => json(plane.sources()) },
  '/debug/proxies': { title: 'who is connected, and how far behind', answer: () => json(plane.proxies()) },
  '/debug/proxies/': {
    answer: (_query, proxy) => {
      const snapshot = plane.snapshotOf(proxy as ProxyId);
      if (snapshot === undefined)
        return text(`No proxy ${proxy} has connected; /debug/proxies lists those that have.`, 404);
      return json(printSnapshot(snapshot));
    },
  },
});

const notYet = text('Not everything has been read yet.', 503);
