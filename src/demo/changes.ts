/** What a change of the mesh means, in the words of the person who made it. */
import { sortedUnique } from '../lib/order.ts';
import type { Destinations, MeshModel, Routing } from '../mesh/model.ts';
import { describeMatch } from './splits.ts';
import { percent } from './words.ts';

/** One line for each split, grant and pod that is not what it was. */
export function describeChange(before: MeshModel, after: MeshModel): readonly string[] {
  return [
    ...routingChanges(before, after),
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

/** The shares of each kind of request to each service that is split. */
function sharesOf(mesh: MeshModel): ReadonlyMap<string, Lines> {
  const shares = [...mesh.services.values()].flatMap(({ service, routing }) =>
    routingParts(routing).map(([requests, destinations]): [string, Lines] => [
      `${service.name} (${requests})`,
      new Map(describeDestinations(mesh, destinations)),
    ]),
  );
  return new Map(shares);
}

function routingChanges(before: MeshModel, after: MeshModel): readonly string[] {
  const [were, are] = [sharesOf(before), sharesOf(after)];
  return sortedUnique([...were.keys(), ...are.keys()]).flatMap((subject) => {
    const [was, is] = [were.get(subject), are.get(subject)];
    if (is === undefined) return [`${subject}: not split any more`];
    if (was === undefined) {
      return [`${subject}: now ${[...is].map((share) => share.join(' ')).join(', ') || 'leads nowhere'}`];
    }
    const changes = difference(was, is);
    return changes.length === 0 ? [] : [`${subject}: ${changes.join(', ')}`];
  });
}

function routingParts({ rules, otherwise, otherwiseSplit }: Routing): readonly [string, Destinations][] {
  return [
    ...rules.map(({ match, destinations }): [string, Destinations] => [describeMatch(match), destinations]),
    ...(otherwiseSplit === undefined
      ? []
      : [[rules.length === 0 ? 'everything' : 'everything else', otherwise] satisfies [string, Destinations]]),
  ];
}

function describeDestinations(mesh: MeshModel, destinations: Destinations): readonly [string, string][] {
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
  return destinations.map(({ port, weight }) => [
    mesh.services.get(port)?.service.name ?? port,
    percent(weight / total),
  ]);
}

function grantLines(mesh: MeshModel): Lines {
  const allowed = new Map<string, string[]>();
  for (const { serviceAccount, inbound } of mesh.workloads.values()) {
    for (const { access, protocol } of inbound) {
      for (const { callers, requests } of access.grants) {
        const all = protocol === 'http' ? 'anything' : protocol.toUpperCase();
        const what = requests === 'any' ? [all] : requests.map(describeMatch);
        for (const caller of callers) {
          const subject = `${caller.split('/').at(-1)} → ${serviceAccount}:`;
          allowed.set(subject, [...(allowed.get(subject) ?? []), ...what]);
        }
      }
    }
  }
  return new Map([...allowed].map(([subject, what]) => [subject, `may ${sortedUnique(what).join(' or ')}`]));
}

const podLines = (mesh: MeshModel): Lines =>
  new Map([...mesh.workloads.values()].map(({ pod, addresses }) => [`pod ${pod.name}`, `at ${addresses.join(', ')}`]));
