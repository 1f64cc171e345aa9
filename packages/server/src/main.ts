// The command line as a whole: one parser, errors to exit codes.
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { kindOf, messageOf } from '@alluvium/base';
import { takeDefinitions } from '@alluvium/platform';
import { serverCommands } from './server-commands.js';
import { VERSION } from './version.js';

/** Runs a command; resolves to the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const { definitions, rest } = takeDefinitions(args);
  let exitCode = 0;
  const program = new Command('alluvium')
    .description('One namespace over many stores, cached near compute')
    .version(VERSION)
    .exitOverride();
  for (const command of serverCommands({
    definitions,
    program: fileURLToPath(new URL('../alluvium.mjs', import.meta.url)),
    print: (text) => void process.stdout.write(text),
    setExitCode: (code) => (exitCode = code),
  }))
    program.addCommand(command.exitOverride());
  try {
    await program.parseAsync(rest, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`alluvium: ${messageOf(error)}\n`);
    if (kindOf(error) === 'internal' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return 1;
  }
}
