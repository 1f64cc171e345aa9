// `fs help`: what `--help` says, under the name that Alluxio's shell has for it.
import type { Command } from 'commander';
import type { CommandSpec } from '../command-spec.js';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export function helpCommand(parent: Command): CommandSpec {
  return {
    name: 'help',
    summary: 'explain a command',
    args: [{ name: '[command]', doc: 'its name; all of them are listed when absent' }],
    example: 'alluvium fs help ls',
    load:
      async () =>
      async (session: Session, [name]: readonly [string | undefined]) => {
        const command = name === undefined ? parent : parent.commands.find((each) => each.name() === name);
        if (command === undefined) throw new UsageError(`${name} is an unknown command`);
        await session.printText(command.helpInformation());
      },
  };
}
