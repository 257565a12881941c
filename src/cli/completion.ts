import { Argument, Command } from 'commander';
import { completionScripts, type Shell, shells } from './completion-scripts.ts';
import type { Terminal } from './terminal.ts';

export const completionCommand = ({ out }: Terminal): Command =>
  new Command('completion')
    .description('print a script that lets a shell complete commands and flags')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      `
To use it:
  bash   source <(smi-envoy completion bash)           # in ~/.bashrc
  zsh    smi-envoy completion zsh > "\${fpath[1]}/_smi-envoy"
  fish   smi-envoy completion fish > ~/.config/fish/completions/smi-envoy.fish`,
    )
    .action((shell: Shell, _options: object, command: Command) => {
      const program = command.parent;
      if (program === null) throw new Error('completion is a command of a program');
      out.write(completionScripts[shell](completable(program)));
    });

function completable(program: Command) {
  const help = program.createHelp();
  return {
    name: program.name(),
    commands: help.visibleCommands(program).map((command) => ({
      name: command.name(),
      description: command.description(),
      argumentChoices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
      takesFiles: command.registeredArguments.some((argument) => /dir|file/.test(argument.name())),
      options: help.visibleOptions(command).map((option) => ({
        long: option.long ?? '',
        short: option.short,
        description: option.description,
        value: option.required ? valueKind(option.flags, option.argChoices ?? listed(option.description)) : undefined,
      })),
    })),
  };
}

const valueKind = (flags: string, choices: readonly string[]) =>
  /<(dir|file)>/.test(flags) ? ('path' as const) : choices.length > 0 ? choices : ('anything' as const);

/** Settings tell their choices in their description. */
const listed = (description: string): readonly string[] =>
  /\(([\w-]+(?: \| [\w-]+)+)[;)]/.exec(description)?.[1]?.split(' | ') ?? [];
