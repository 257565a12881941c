/** The command line: what there is, how it reads, and how each run ends. */
import { Command, CommanderError } from 'commander';
import { exitCodes, Failure } from './failure.ts';
import { styleOf } from './style.ts';
import type { Terminal } from './terminal.ts';

/** Each command is loaded when it is needed: reading all of the program takes longer than most commands run. */
const commands: Readonly<Record<string, () => Promise<(terminal: Terminal) => Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  bootstrap: async () => (await import('./bootstrap.ts')).bootstrapCommand,
  translate: async () => (await import('./translate.ts')).translateCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  proxies: async () => (await import('./proxies.ts')).proxiesCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  completion: async () => (await import('./completion.ts')).completionCommand,
  version: async () => (await import('./version.ts')).versionCommand,
};

/** Commands that speak of the others. */
const wantAll = ['completion', 'help'];

const summary = `Serves Service Mesh Interface (SMI) resources to Envoy sidecars, over xDS.

It reads Services, Pods, TrafficSplits, TrafficTargets and route groups from a directory of YAML or from a Kubernetes API server, and keeps every connected Envoy configured to route and to refuse as they say.`;

const epilogue = `
To begin with:
  $ smi-envoy translate examples/bookstore             # see what it makes of some YAML
  $ smi-envoy serve --directory examples/bookstore     # serve it
  $ smi-envoy bootstrap bookstore/bookbuyer > envoy.yaml && envoy -c envoy.yaml
  $ smi-envoy proxies                                  # who is connected, and up to date?

Exit codes: 0 all is well; 1 the answer is no (errors in what was read, a request that would be refused, a proxy that
rejects its configuration); 2 the command line is not understood; 3 something outside failed (a file, a port, a server).`;

/** The program, with all its commands or with the one that a command line begins with. */
export async function createProgram(terminal: Terminal, first?: string): Promise<Command> {
  const { title, name, quiet } = styleOf(terminal.out);
  const loadsAll = first === undefined || wantAll.includes(first) || !Object.hasOwn(commands, first);
  const program = new Command('smi-envoy')
    .description(summary)
    .addHelpText('after', epilogue)
    .helpCommand('help [command]', 'explain a command')
    .showHelpAfterError(false)
    .enablePositionalOptions();
  const makers = Object.entries(commands).flatMap(([name, load]) => (loadsAll || name === first ? [load] : []));
  const loaded = await Promise.all(makers.map(async (load) => (await load())(terminal)));
  for (const command of loaded) program.addCommand(command);
  for (const command of [program, ...loaded]) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: terminal.out.write,
        writeErr: terminal.err.write,
        getOutHasColors: () => terminal.out.color,
        getErrHasColors: () => terminal.err.color,
        // Said once, in `run`, with what to do next.
        outputError: () => {},
      })
      .configureHelp({ styleTitle: title, styleCommandText: name, styleOptionText: name, styleDescriptionText: quiet });
  }
  return program;
}

/** Runs one command line (without the program's own name) to its end, and resolves with the exit code. Never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const program = await createProgram(terminal, args[0]);
    await program.parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    return report(error, terminal);
  }
}

function report(error: unknown, { err }: Terminal): number {
  const { bad, quiet } = styleOf(err);
  const say = (message: string, hint?: string) =>
    err.write(`${bad('error:')} ${message}\n${hint === undefined ? '' : `${quiet(hint)}\n`}`);
  if (error instanceof Failure) {
    // A command whose answer is no has said so already.
    if (error.message !== '') say(error.message, error.hint);
    return error.exitCode;
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.success;
    say(
      error.message.replace(/^error: /, ''),
      'smi-envoy --help lists the commands, and <command> --help their flags.',
    );
    return exitCodes.usage;
  }
  say(error instanceof Error ? error.message : String(error));
  return exitCodes.failed;
}
