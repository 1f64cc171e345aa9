// The tree of commands. Nothing here talks to a cluster: a command's action is loaded when it runs.
import { Command, CommanderError } from 'commander';
import { clusterCommands } from './cluster/commands.js';
import { commandOf, fullName, groupOf } from './command-spec.js';
import { completeCommand, completionCommand } from './completion/commands.js';
import type { CliContext } from './context.js';
import { errorText } from './errors.js';
import { EXIT, exitCodeOf, ExitStatus } from './exit-code.js';
import { attributeCommands } from './fs/attribute-commands.js';
import { clusterCommands as fsClusterCommands } from './fs/cluster-commands.js';
import { copyCommands } from './fs/copy-commands.js';
import { helpCommand } from './fs/help.js';
import { mountCommands } from './fs/mount-commands.js';
import { readCommands } from './fs/read-commands.js';
import { syncCommands } from './fs/sync-commands.js';
import { treeCommands } from './fs/tree-commands.js';
import { fsadminCommands, fsadminGroups } from './fsadmin/commands.js';
import { fsJobCommands, jobCommands, submitCommands } from './job/commands.js';

/** The program `alluvium` as far as it is a client; a server adds its own commands with `addCommand`. Run it with {@link runCli}. */
export function buildCli(context: CliContext): Command {
  const program = new Command('alluvium')
    .description('One namespace over many stores, cached near compute.')
    .version(context.version)
    .option('--master <host:port>', 'where the master is, several with commas (environment: ALLUVIUM_MASTER; else the configuration)')
    .option('--user <name>', 'act as this user (else the configuration, else who runs the program)')
    .addHelpText('after', '\nExamples:\n  $ alluvium start\n  $ alluvium fs ls /\n  $ alluvium fs cp -R file:///data /data');
  const fs = new Command('fs')
    .summary('work with files and directories of the cluster')
    .description(
      'Work with files and directories of the cluster.\n\n' +
        'Paths are absolute, /a/b or alluxio://host:port/a/b. *, ? and [..] stand for names; a backslash takes that away.',
    );
  for (const spec of [
    ...treeCommands,
    ...readCommands,
    ...copyCommands,
    ...attributeCommands,
    ...mountCommands,
    ...syncCommands,
    ...fsClusterCommands,
    ...fsJobCommands,
    helpCommand(fs),
  ])
    fs.addCommand(commandOf(spec, context), { hidden: spec.hidden ?? false });
  program.addCommand(fs);
  const fsadmin = new Command('fsadmin').summary('look after the cluster').description('Look after the cluster.');
  for (const spec of fsadminCommands) fsadmin.addCommand(commandOf(spec, context), { hidden: spec.hidden ?? false });
  for (const spec of fsadminGroups) fsadmin.addCommand(groupOf(spec, context));
  program.addCommand(fsadmin);
  const job = groupOf(jobCommands, context);
  job.addCommand(groupOf(submitCommands, context));
  program.addCommand(job);
  for (const spec of clusterCommands) program.addCommand(commandOf(spec, context));
  program.addCommand(commandOf(completionCommand, context));
  program.addCommand(commandOf(completeCommand(program), context), { hidden: true });
  return program;
}

/**
 * Runs a program made by {@link buildCli} with the words after its name. Answers the exit code and never throws. Errors
 * of commands that were added are told in the same way as those of its own.
 */
export async function runCli(program: Command, context: CliContext, args: readonly string[]): Promise<number> {
  const writes: Promise<void>[] = [];
  prepare(program, context, writes);
  let running = program.name();
  program.hook('preAction', (_, command) => {
    running = fullName(command);
  });
  let code: number = EXIT.ok;
  try {
    await program.parseAsync(withTwoDashes(args), { from: 'user' });
  } catch (error) {
    code = exitCodeOf(error, context.signal);
    if (isUntold(error, context.signal)) writes.push(context.stderr.write(`${errorText(error, { command: running })}\n`));
  }
  // Help that nobody reads any more is no error.
  await Promise.allSettled(writes);
  return code;
}

/** Options of Alluxio's fsadmin that have one dash before a word. */
const ONE_DASH: ReadonlySet<string> = new Set(['-live', '-lost', '-decommissioned', '-workers']);

function withTwoDashes(args: readonly string[]): string[] {
  return args.includes('fsadmin') ? args.map((arg) => (ONE_DASH.has(arg) ? `-${arg}` : arg)) : [...args];
}

/** Commander's own errors and those of our commands have been told already. */
function isUntold(error: unknown, signal: AbortSignal): boolean {
  if (error instanceof ExitStatus || signal.aborted) return false;
  return !(error instanceof CommanderError);
}

/** What commander's sub-commands do not inherit when they are added: where they write, and that they do not end the process. */
function prepare(command: Command, context: CliContext, writes: Promise<void>[]): void {
  command
    .exitOverride()
    .helpOption('--help', 'show this')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: command.parent !== null })
    .configureOutput({
      writeOut: (text) => writes.push(context.stdout.write(text)),
      writeErr: (text) => writes.push(context.stderr.write(text)),
      outputError: (text, write) =>
        write(`${text.replace(/^error: /, `${fullName(command)}: `).trimEnd()}\n  see ${fullName(command)} --help\n`),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const child of command.commands) prepare(child, context, writes);
}
