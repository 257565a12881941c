import { type Command, Option } from 'commander';
import { flagName, readSettings, type Settings, type ValuesOf, variableOf } from '../config.ts';
import { usageFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Gives a command the flags of the settings. */
export function addSettings(command: Command, settings: Settings, group: string): Command {
  for (const setting of Object.values(settings)) {
    const { flag, description, choices = [], defaultText } = setting;
    // Choices and defaults are the schema's business, which looks at variables as well; here they are only told.
    const details = [
      choices.length > 0 ? choices.join(' | ') : '',
      defaultText === undefined ? '' : `default: ${defaultText}`,
    ].filter((detail) => detail !== '');
    const option = new Option(flag, details.length === 0 ? description : `${description} (${details.join('; ')})`);
    option.helpGroup(group);
    command.addOption(option);
  }
  return command;
}

/** The values of the settings for this run. Throws a usage failure that lists all that is wrong. */
export function settingsOf<S extends Settings>(settings: S, command: Command, terminal: Terminal): ValuesOf<S> {
  const read = readSettings(settings, command.opts(), terminal.environment);
  if (read.ok) return read.value;
  throw usageFailure(read.error.join('\n'), `${fullName(command)} --help says what each may be.`);
}

/** How help tells of the variables that stand for flags. */
export const variablesNote = (settings: Settings): string => {
  const [first] = Object.values(settings);
  return first === undefined
    ? ''
    : `Each of these flags may be given as an environment variable, such as ${variableOf(first)} for ${flagName(first)}.`;
};

const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
