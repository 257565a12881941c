import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type OutputFormat, outputOption, print } from './output-format.ts';
import type { Terminal } from './terminal.ts';

/** What package.json says. */
export function readVersion(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

export const versionCommand = ({ out }: Terminal): Command =>
  new Command('version')
    .description('say which version this is')
    .addOption(outputOption())
    .action(({ output }: { output: OutputFormat }) => {
      const version = { smiEnvoy: readVersion(), node: process.versions.node };
      print(out, output, version, () => `smi-envoy ${version.smiEnvoy} (Node ${version.node})\n`);
    });
