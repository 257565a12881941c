import { Command } from 'commander';
import { adminSettings, meshSettings } from '../config.ts';
import { type AskedQuestion, answerQuestion, questionParameters, readQuestion } from '../control/question.ts';
import type { PortAnswer } from '../mesh/explain.ts';
import { askAdmin } from './admin-client.ts';
import { describeAnswers, isRefused } from './describe-answer.ts';
import { exitCodes, Failure, usageFailure } from './failure.ts';
import { type OutputFormat, outputOption, print } from './output-format.ts';
import { readMesh } from './read-mesh.ts';
import { addSettings, settingsOf } from './settings.ts';
import { styleOf } from './style.ts';
import type { Terminal } from './terminal.ts';

interface Flags extends Omit<AskedQuestion, 'headers'> {
  readonly header: readonly string[];
  readonly directory?: string;
  readonly output: OutputFormat;
}

export function explainCommand(terminal: Terminal): Command {
  const command = new Command('explain')
    .description('say where a request would go, whether it would be let in, and which objects say so')
    .requiredOption('--from <namespace/service-account>', 'who calls')
    .requiredOption('--to <namespace/service[:port]>', 'whom; without a port, each port of the service')
    .option('--method <method>', 'of the request', 'GET')
    .option('--path <path>', 'of the request', '/')
    .option('--header <name=value>', 'of the request; may be given several times', collect, [])
    .option('-d, --directory <dir>', 'answer from the YAML of a directory, instead of asking a running server')
    .addOption(outputOption())
    .addHelpText('after', '\nExits with 1 when any of it would be refused or leads nowhere.')
    .action(async (flags: Flags) => {
      const asked = { ...flags, headers: flags.header };
      const answers = await answer(asked, flags.directory, command, terminal);
      if (answers.length === 0) {
        throw new Failure(`the mesh has no service ${flags.to}`, {
          exitCode: exitCodes.no,
          hint: 'Services are in it when they have the port and it is TCP or UDP; smi-envoy translate says more.',
        });
      }
      print(terminal.out, flags.output, answers, () => describeAnswers(answers, asked, styleOf(terminal.out)));
      if (answers.some(isRefused)) throw new Failure('', { exitCode: exitCodes.no });
    });
  addSettings(command, adminSettings, 'Whom to ask, without --directory:');
  return addSettings(command, meshSettings, 'What the YAML means, with --directory:');
}

const collect = (value: string, all: readonly string[]): readonly string[] => [...all, value];

async function answer(
  asked: AskedQuestion,
  directory: string | undefined,
  command: Command,
  terminal: Terminal,
): Promise<readonly PortAnswer[]> {
  const settings = settingsOf(meshSettings, command, terminal);
  const question = readQuestion(asked, settings.trustDomain);
  if (!question.ok) throw usageFailure(question.error);
  if (directory !== undefined) {
    return answerQuestion(readMesh(directory, settings).mesh, question.value, settings.scope);
  }
  const { adminAddress } = settingsOf(adminSettings, command, terminal);
  return (await askAdmin(adminAddress, `/debug/explain?${questionParameters(asked)}`)) as readonly PortAnswer[];
}
