/** "Where would this request go?" as a person or a query string asks it. */
import { err, ok, type Result } from '../lib/result.ts';
import { explain, type PortAnswer, type Question } from '../mesh/explain.ts';
import type { MeshModel } from '../mesh/model.ts';
import { type SpiffeId, serviceAccountId } from '../mesh/spiffe-id.ts';
import type { TranslationOptions } from '../translators/options.ts';

export interface AskedQuestion {
  /** `namespace/service-account`, or a SPIFFE id. */
  readonly from: string;
  /** `namespace/service` or `namespace/service:port`. */
  readonly to: string;
  readonly method: string;
  readonly path: string;
  /** Each `name=value`. */
  readonly headers: readonly string[];
}

/** Reads a question; else one sentence on what cannot be read. */
export function readQuestion(asked: AskedQuestion, trustDomain: string): Result<Question, string> {
  const from = readCaller(asked.from, trustDomain);
  if (from === undefined) {
    return err(`the caller must be <namespace>/<service account> or a SPIFFE id: ${JSON.stringify(asked.from)}`);
  }
  const [, namespace, service, port] = /^([^/:\s]+)\/([^/:\s]+)(?::(\d{1,5}))?$/.exec(asked.to) ?? [];
  if (namespace === undefined || service === undefined) {
    return err(
      `the destination must be <namespace>/<service> or <namespace>/<service>:<port>: ${JSON.stringify(asked.to)}`,
    );
  }
  if (!asked.path.startsWith('/')) return err(`the path must begin with a slash: ${JSON.stringify(asked.path)}`);
  const headers: Record<string, string> = {};
  for (const header of asked.headers) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(header) ?? [];
    if (name === undefined || value === undefined) return err(`a header must be name=value: ${JSON.stringify(header)}`);
    headers[authorityName(name.toLowerCase())] = value;
  }
  return ok({
    from,
    to: { namespace, service, port: port === undefined ? undefined : Number(port) },
    request: { method: asked.method.toUpperCase(), path: asked.path, headers },
  });
}

/** The answers of the mesh, as far as sidecars are told of it: with scope `all`, every one knows every service. */
export const answerQuestion = (
  mesh: MeshModel,
  question: Question,
  scope: TranslationOptions['scope'],
): readonly PortAnswer[] =>
  explain(mesh, question).map((answer) => (scope === 'all' ? { ...answer, known: true } : answer));

/** The other direction: the parameters that `readQuestion` is given on the other side. */
export const questionParameters = ({ from, to, method, path, headers }: AskedQuestion): URLSearchParams =>
  new URLSearchParams([
    ['from', from],
    ['to', to],
    ['method', method],
    ['path', path],
    ...headers.map((header) => ['header', header] as [string, string]),
  ]);

export const questionOfParameters = (query: URLSearchParams): AskedQuestion => ({
  from: query.get('from') ?? '',
  to: query.get('to') ?? '',
  method: query.get('method') ?? 'GET',
  path: query.get('path') ?? '/',
  headers: query.getAll('header'),
});

function readCaller(text: string, trustDomain: string): SpiffeId | undefined {
  if (text.startsWith('spiffe://')) return text as SpiffeId;
  const [, namespace, serviceAccount] = /^([^/\s]+)\/([^/\s]+)$/.exec(text) ?? [];
  return namespace === undefined || serviceAccount === undefined
    ? undefined
    : serviceAccountId(trustDomain, namespace, serviceAccount);
}

const authorityName = (name: string): string => (name === 'host' ? ':authority' : name);
