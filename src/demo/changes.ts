/** What a change of the mesh means, in the words of the person who made it. */
import { sortedUnique } from '../lib/order.ts';
import type { Destinations, MeshModel, Routing } from '../mesh/model.ts';
import { describeMatch } from './splits.ts';

/** One line for each split, grant and pod that is not what it was. */
export function describeChange(before: MeshModel, after: MeshModel): readonly string[] {
  return [
    ...difference(routingLines(before), routingLines(after)),
    ...difference(grantLines(before), grantLines(after)),
    ...difference(podLines(before), podLines(after)),
  ];
}

type Lines = ReadonlyMap<string, string>;

function difference(before: Lines, after: Lines): readonly string[] {
  return sortedUnique([...before.keys(), ...after.keys()]).flatMap((subject) => {
    const [was, is] = [before.get(subject), after.get(subject)];
    if (was === is) return [];
    if (was === undefined) return [`${subject} now ${is}`];
    if (is === undefined) return [`${subject} no longer ${was}`];
    return [`${subject} ${was} → ${is}`];
  });
}

function routingLines(mesh: MeshModel): Lines {
  const lines = [...mesh.services.values()].flatMap(({ service, routing }) =>
    routingParts(routing).map(([requests, destinations]): [string, string] => [
      `${service.name} (${requests}):`,
      describeDestinations(mesh, destinations),
    ]),
  );
  return new Map(lines);
}

function routingParts({ rules, otherwise, otherwiseSplit }: Routing): readonly [string, Destinations][] {
  return [
    ...rules.map(({ match, destinations }): [string, Destinations] => [describeMatch(match), destinations]),
    ...(otherwiseSplit === undefined
      ? []
      : [[rules.length === 0 ? 'everything' : 'everything else', otherwise] satisfies [string, Destinations]]),
  ];
}

function describeDestinations(mesh: MeshModel, destinations: Destinations): string {
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
  if (destinations.length === 0) return 'nowhere';
  return destinations
    .map(({ port, weight }) => `${mesh.services.get(port)?.service.name ?? port} ${percent(weight / total)}`)
    .join(', ');
}

function grantLines(mesh: MeshModel): Lines {
  const lines = new Map<string, string>();
  for (const { serviceAccount, inbound } of mesh.workloads.values()) {
    for (const { access, protocol } of inbound) {
      for (const { callers, requests } of access.grants) {
        for (const caller of callers) {
          const subject = `${caller.split('/').at(-1)} → ${serviceAccount}`;
          const what =
            requests === 'any'
              ? [protocol === 'http' ? 'anything' : protocol.toUpperCase()]
              : requests.map(describeMatch);
          const known = lines.get(subject)?.slice('may '.length).split(' or ') ?? [];
          lines.set(subject, `may ${sortedUnique([...known, ...what]).join(' or ')}`);
        }
      }
    }
  }
  return lines;
}

const podLines = (mesh: MeshModel): Lines =>
  new Map([...mesh.workloads.values()].map(({ pod, addresses }) => [`pod ${pod.name}`, `at ${addresses.join(', ')}`]));

/** `90%`, `8.3%` */
export const percent = (fraction: number): string =>
  `${Number.isInteger(Math.round(fraction * 1e6) / 1e4) ? Math.round(fraction * 100) : (fraction * 100).toFixed(1)}%`;
