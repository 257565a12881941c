import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Environment } from '../config.ts';
import type { Display } from '../demo/display.ts';
import { runLive } from '../demo/live.ts';
import { runOnce } from '../demo/once.ts';
import { exitCodes, Failure } from './failure.ts';
import type { Output, Terminal } from './terminal.ts';

interface Flags {
  readonly directory: string;
  readonly once?: true;
  readonly envoy?: string;
  readonly workDir: string;
}

const epilogue = `
Every pod of the directory runs as a process, with an Envoy beside it, on loopback addresses; no Kubernetes, no root.
Edit the YAML while it runs and watch the traffic follow. With --once, a tour is taken on a copy of the directory
instead, everything it sees is checked, and the exit code says whether all was well (0) or not (1).`;

export function demoCommand(terminal: Terminal): Command {
  return new Command('demo')
    .description('run an example mesh, with real Envoys and real traffic, and show what happens')
    .option('--directory <dir>', 'the example', exampleDirectory())
    .option('--once', 'take a tour, check what is seen, and end')
    .option('--envoy <file>', 'the Envoy binary (default: ENVOY_PATH, or the one on the PATH)')
    .option('--work-dir <dir>', 'takes logs and bootstraps', '.smi-envoy/demo')
    .addHelpText('after', epilogue)
    .action((flags: Flags) => demo(flags, terminal));
}

async function demo({ directory, once, envoy, workDir }: Flags, terminal: Terminal): Promise<void> {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new Failure(`${directory} is not a directory`);
  const options = {
    directory: asTyped(directory),
    workDirectory: workDir,
    envoy: envoy ?? findEnvoy(terminal.environment),
    display: displayOf(terminal.out),
    signal: terminal.ending,
  };
  if (once === undefined) return runLive(options);
  if (!(await runOnce(options))) throw new Failure('', { exitCode: exitCodes.no });
}

const exampleDirectory = (): string => asTyped(fileURLToPath(new URL('../../examples/bookstore', import.meta.url)));

/** A path as a person in the current directory would type it. */
function asTyped(path: string): string {
  const fromHere = relative(process.cwd(), resolve(path));
  return fromHere.startsWith('..') ? resolve(path) : fromHere || '.';
}

function findEnvoy({ ENVOY_PATH: given, PATH: path = '' }: Environment): string {
  if (given !== undefined && given !== '') return given;
  const found = path
    .split(delimiter)
    .map((folder) => join(folder, 'envoy'))
    .find(isExecutable);
  if (found !== undefined) return found;
  throw new Failure('there is no Envoy on the PATH', {
    hint: '`npm start` sets one up; or say where it is with --envoy or ENVOY_PATH.',
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Sizes are asked anew each time: windows are resized. */
const displayOf = ({ write, color, interactive, stream }: Output): Display => ({
  write,
  color,
  interactive,
  get columns() {
    return ('columns' in stream && Number(stream.columns)) || 100;
  },
  get rows() {
    return ('rows' in stream && Number(stream.rows)) || 50;
  },
});
