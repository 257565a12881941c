/** Completion scripts of the shells, made from what the program can do. */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

export interface CompletableProgram {
  readonly name: string;
  readonly commands: readonly {
    readonly name: string;
    readonly description: string;
    readonly argumentChoices: readonly string[];
    readonly takesFiles: boolean;
    readonly options: readonly CompletableOption[];
  }[];
}

interface CompletableOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  /** What follows it; `undefined` for a switch. */
  readonly value: undefined | 'path' | 'anything' | readonly string[];
}

export const completionScripts: Readonly<Record<Shell, (program: CompletableProgram) => string>> = { bash, zsh, fish };

const flagsOf = ({ long, short }: CompletableOption): readonly string[] =>
  short === undefined ? [long] : [short, long];

function bash({ name, commands }: CompletableProgram): string {
  const id = identifier(name);
  const values = (options: readonly CompletableOption[]) =>
    options.flatMap((option) => {
      if (option.value === undefined) return [];
      const reply =
        option.value === 'path'
          ? '-f'
          : option.value === 'anything'
            ? undefined
            : `-W ${quote(option.value.join(' '))}`;
      const action = reply === undefined ? 'COMPREPLY=()' : `COMPREPLY=($(compgen ${reply} -- "$word"))`;
      return [`        ${flagsOf(option).join('|')}) ${action}; return ;;`];
    });
  const cases = commands.map(({ name: command, options, argumentChoices, takesFiles }) =>
    [
      `    ${command})`,
      '      case "$before" in',
      ...values(options),
      '      esac',
      `      words=${quote([...argumentChoices, ...options.flatMap(flagsOf)].join(' '))}`,
      ...(takesFiles ? ['      [[ "$word" != -* ]] && { COMPREPLY=($(compgen -f -- "$word")); return; }'] : []),
      '      ;;',
    ].join('\n'),
  );
  return `# bash completion for ${name}
${id}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    words=${quote([...commands.map((command) => command.name), '--help'].join(' '))}
  else
    case "\${COMP_WORDS[1]}" in
${indent(cases.join('\n'), 2)}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F ${id} ${name}
`;
}

function zsh({ name, commands }: CompletableProgram): string {
  const id = identifier(name);
  const specification = (option: CompletableOption): readonly string[] =>
    flagsOf(option).map((flag) => {
      const value =
        option.value === undefined
          ? ''
          : option.value === 'path'
            ? ':path:_files'
            : option.value === 'anything'
              ? ':value: '
              : `:value:(${option.value.join(' ')})`;
      return quote(`${flag}[${option.description.replaceAll(/[[\]:]/g, '\\$&')}]${value}`);
    });
  const cases = commands.map(({ name: command, options, argumentChoices, takesFiles }) => {
    const rest =
      argumentChoices.length > 0 ? `*:argument:(${argumentChoices.join(' ')})` : takesFiles ? '*:path:_files' : '';
    const lines = [...options.flatMap(specification), ...(rest === '' ? [] : [quote(rest)])];
    return `    ${command})\n      _arguments \\\n        ${lines.join(' \\\n        ')}\n      ;;`;
  });
  const described = commands.map((command) => quote(`${command.name}:${command.description}`));
  return `#compdef ${name}
${id}() {
  local -a commands=(
    ${described.join('\n    ')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [ "\${funcstack[1]}" = "_${name}" ]; then ${id} "$@"; else compdef ${id} ${name}; fi
`;
}

function fish({ name, commands }: CompletableProgram): string {
  const lines = commands.flatMap(({ name: command, description, options, argumentChoices, takesFiles }) => {
    const inside = `-n ${quote(`__fish_seen_subcommand_from ${command}`)}`;
    return [
      `complete -c ${name} -n __fish_use_subcommand -a ${command} -d ${quote(description)}`,
      ...(takesFiles ? [`complete -c ${name} ${inside} -F`] : []),
      ...(argumentChoices.length > 0 ? [`complete -c ${name} ${inside} -a ${quote(argumentChoices.join(' '))}`] : []),
      ...options.map(({ long, short, description: meaning, value }) =>
        [
          `complete -c ${name} ${inside}`,
          ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
          `-l ${long.slice(2)}`,
          ...(value === undefined
            ? []
            : value === 'path'
              ? ['-r -F']
              : value === 'anything'
                ? ['-x']
                : [`-x -a ${quote(value.join(' '))}`]),
          `-d ${quote(meaning)}`,
        ].join(' '),
      ),
    ];
  });
  return `# fish completion for ${name}\ncomplete -c ${name} -f\n${lines.join('\n')}\n`;
}

const identifier = (name: string): string => `_${name.replaceAll('-', '_')}`;

/** In single quotes, as all three shells read them. */
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const indent = (text: string, by: number): string => text.replaceAll(/^/gm, ' '.repeat(by));
