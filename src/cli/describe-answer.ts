/** What `explain` found out, in words. */
import type { AskedQuestion } from '../control/question.ts';
import type { DestinationAnswer, Place, PortAnswer, Refusal, RoutedBy, Verdict } from '../mesh/explain.ts';
import type { Unmet } from '../mesh/http-match.ts';
import type { HttpMatch } from '../mesh/model.ts';
import { describeRef } from '../objects/object-ref.ts';
import type { Style } from './style.ts';

/** Whether any of it would be refused, or leads nowhere. */
export const isRefused = ({ known, destinations }: PortAnswer): boolean =>
  !known ||
  destinations.length === 0 ||
  destinations.some(({ verdicts }) => verdicts.length === 0 || verdicts.some(({ verdict }) => !verdict.allowed));

export const describeAnswers = (answers: readonly PortAnswer[], asked: AskedQuestion, style: Style): string =>
  answers.map((answer) => describeAnswer(answer, asked, style)).join('\n');

function describeAnswer(answer: PortAnswer, asked: AskedQuestion, style: Style): string {
  const { port, protocol, known, decidedBy, destinations } = answer;
  const what =
    protocol === 'http'
      ? [`${asked.method.toUpperCase()} ${asked.path}`, ...asked.headers].join(', ')
      : `a ${protocol.toUpperCase()} ${protocol === 'udp' ? 'datagram' : 'connection'}`;
  const lines = [
    `${style.title(`${asked.from} → ${portName(port)}`)} ${style.quiet(`(${what})`)}`,
    ...(known
      ? []
      : [
          `  ${style.bad('unknown')} to the caller’s sidecar: no TrafficTarget lets ${asked.from} reach anything behind it`,
        ]),
    `  routed by ${describeRouting(decidedBy)}`,
    ...(destinations.length === 0
      ? [
          `  ${style.bad('nowhere')}: ${protocol === 'http' ? 'answered 503' : 'closed'}, because no backend can be used`,
        ]
      : destinations.flatMap((destination) => describeDestination(destination, style))),
  ];
  return `${lines.join('\n')}\n`;
}

function describeDestination({ port, share, verdicts }: DestinationAnswer, style: Style): readonly string[] {
  const head = `  ${percent(share).padStart(6)}  ${style.name(portName(port))}`;
  if (verdicts.length === 0) return [`${head}  ${style.warn('nobody')} is behind it`];
  return verdicts.flatMap(({ verdict, at }) => {
    const [first = '', ...more] = describeVerdict(verdict, style);
    return [
      `${head}  ${first}  ${style.quiet(`at ${describePlaces(at)}`)}`,
      ...more.map((line) => `            ${line}`),
    ];
  });
}

function describeVerdict(verdict: Verdict, style: Style): readonly string[] {
  if (!verdict.allowed) {
    const [first = '', ...more] = describeRefusal(verdict.refusal);
    return [`${style.bad('refused')}: ${first}`, ...more];
  }
  switch (verdict.because) {
    case 'granted': {
      const by = verdict.match === undefined ? '' : ` (${describeMatch(verdict.match)})`;
      return [`${style.good('allowed')} by ${describeRef(verdict.target)}${by}`];
    }
    case 'not enforced': {
      const [first = '', ...more] = describeRefusal(verdict.refusal);
      return [`${style.warn('let in')}, because its mode is ${verdict.mode}; else refused: ${first}`, ...more];
    }
    case 'no sidecar':
      return [`${style.warn('let in')}, because it has no sidecar that could refuse`];
  }
}

function describeRefusal(refusal: Refusal): readonly string[] {
  switch (refusal.missing) {
    case 'target':
      return ['no TrafficTarget opens this port to anybody'];
    case 'source':
      return [`the caller is not among the sources of ${refusal.targets.map(describeRef).join(', ')}`];
    case 'request':
      return [
        'the caller may do other things, but not this',
        ...refusal.targets.flatMap(({ target, matches }) =>
          matches.map(
            ({ match, unmet }) =>
              `${describeRef(target)}: ${describeMatch(match)} wants ${unmet.map(describeUnmet).join(' and ')}`,
          ),
        ),
      ];
  }
}

function describeUnmet(unmet: Unmet): string {
  switch (unmet.condition) {
    case 'path':
      return `a path that begins with ${unmet.wanted}`;
    case 'plain slashes':
      return 'a path without escaped slashes';
    case 'method':
      return `method ${unmet.wanted.join(' or ')}`;
    case 'header':
      return `header ${unmet.name}: ${unmet.wanted} (${unmet.found === undefined ? 'there is none' : `it is ${unmet.found}`})`;
  }
}

function describeRouting(by: RoutedBy): string {
  switch (by.type) {
    case 'match':
      return `${describeRef(by.split)}, for requests like ${describeMatch(by.match)}`;
    case 'split':
      return describeRef(by.split);
    case 'service':
      return `${describeRef(by.service)} itself: no TrafficSplit applies`;
  }
}

const describeMatch = ({ name, origin }: HttpMatch): string => `“${name}” of ${describeRef(origin)}`;

/** How many pods are named. */
const namedPlaces = 3;

function describePlaces(places: readonly Place[]): string {
  const names = places.map((place) =>
    place.type === 'pod' ? place.pod.name : `${place.endpoint.address}:${place.endpoint.port}`,
  );
  const more = names.length - namedPlaces;
  return names.slice(0, namedPlaces).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** `bookstore/reviews:80` for `bookstore/reviews/80`: as it was asked. */
const portName = (key: string): string => key.replace(/^([^/]+\/[^/]+)\//, '$1:');

const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`;
