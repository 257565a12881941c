import { Command } from 'commander';
import { adminSettings } from '../config.ts';
import { describeRef } from '../objects/object-ref.ts';
import type { ProxyStatus } from '../xds-server/api.ts';
import { askAdmin } from './admin-client.ts';
import { exitCodes, Failure } from './failure.ts';
import { type OutputFormat, outputOption, print, toYaml } from './output-format.ts';
import { addSettings, settingsOf } from './settings.ts';
import { type Style, styleOf } from './style.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

export function proxiesCommand(terminal: Terminal): Command {
  const command = new Command('proxies')
    .description('say which Envoys are connected to a running server, and whether each is up to date')
    .argument('[namespace/pod]', 'print what this one was given instead')
    .addOption(outputOption())
    .addHelpText('after', '\nExits with 1 when an Envoy rejects something it was given.')
    .action(async (proxy: string | undefined, { output }: { output: OutputFormat }) => {
      const { adminAddress } = settingsOf(adminSettings, command, terminal);
      if (proxy !== undefined) {
        const given = await askAdmin(adminAddress, `/debug/proxies/${encodeURIComponent(proxy)}`);
        print(terminal.out, output, given, () => toYaml(given));
        return;
      }
      const proxies = (await askAdmin(adminAddress, '/debug/proxies')) as readonly ProxyStatus[];
      print(terminal.out, output, proxies, () => describeProxies(proxies, styleOf(terminal.out)));
      if (proxies.some((one) => rejectionsOf(one).length > 0)) throw new Failure('', { exitCode: exitCodes.no });
    });
  return addSettings(command, adminSettings, 'Whom to ask:');
}

export function describeProxies(proxies: readonly ProxyStatus[], style: Style): string {
  if (proxies.length === 0) return 'No Envoy is connected.\n';
  const rows = proxies.map((proxy) => [
    style.name(proxy.proxy),
    describeState(proxy, style),
    String(sum(proxy, 'acknowledged')),
    String(sum(proxy, 'pending')),
    String(rejectionsOf(proxy).length),
    describeProtocol(proxy),
    proxy.userAgent,
    proxy.connectedAt,
  ]);
  const heading = ['PROXY', 'STATE', 'ACKED', 'PENDING', 'REJECTED', 'PROTOCOL', 'ENVOY', 'SINCE'];
  return table(heading, rows) + proxies.map((proxy) => describeRejections(proxy, style)).join('');
}

const rejectionsOf = ({ types }: ProxyStatus) =>
  types.flatMap(({ type, rejected }) => rejected.map((rejection) => ({ type, ...rejection })));

const sum = ({ types }: ProxyStatus, key: 'acknowledged' | 'pending'): number =>
  types.reduce((total, type) => total + type[key], 0);

function describeState(proxy: ProxyStatus, { good, warn, bad }: Style): string {
  if (rejectionsOf(proxy).length > 0) return bad('rejecting');
  if (proxy.behind > 0) return warn(`${proxy.behind} behind`);
  return good('up to date');
}

const describeProtocol = ({ protocol, aggregated }: ProxyStatus): string =>
  `${protocol === 'delta' ? 'delta' : 'state of the world'}${aggregated ? '' : ', per type'}`;

function describeRejections(proxy: ProxyStatus, { bad, quiet }: Style): string {
  return rejectionsOf(proxy)
    .map(({ type, name, origins, message }) => {
      const madeFrom = origins.length === 0 ? '' : `\n  ${quiet('made from')} ${origins.map(describeRef).join(', ')}`;
      return `\n${proxy.proxy} ${bad('rejects')} the ${type} ${name}, and keeps what it had\n  ${message}${madeFrom}\n`;
    })
    .join('');
}
