// `alluvium start|stop|status|format|hash-password|journal`: the commands that act on this machine, not on a cluster.
import { Command, Option } from 'commander';
import { fail } from '@alluvium/base';
import { homeAt, type Home } from './home.js';
import { journalCommand } from './journal-commands.js';
import type { Role } from './roles.js';

export interface ServerCommandContext {
  /** The `-Dname=value` arguments. */
  readonly definitions: Readonly<Record<string, string>>;
  /** Path of the program, to start it again in the background. */
  readonly program: string;
  print(text: string): Promise<void>;
  printError(text: string): Promise<void>;
  /** Aborted by Ctrl-C and by termination. */
  readonly signal: AbortSignal;
  setExitCode(code: number): void;
  /** Gives signals their own effect back: a server handles them itself. */
  releaseSignals(): void;
}

interface StartOptions {
  readonly home?: string;
  readonly foreground?: boolean;
  readonly fromBackup?: string;
  readonly logToFile?: boolean;
}

const homeOption = (): Option => new Option('--home <dir>', 'where the state lives (default: $ALLUVIUM_HOME or ~/.alluvium)');
const homeOf = (options: { home?: string }): Home => homeAt(options.home, process.env);

export function serverCommands(context: ServerCommandContext): Command[] {
  return [start(context), stop(context), status(context), format(context), hashPassword(context), journalCommand(context)];
}

function start(context: ServerCommandContext): Command {
  return new Command('start')
    .description('start a server: a cluster of one node, or one role of it')
    .argument('[what...]', 'master or worker for one role; a directory or store (s3://bucket/prefix) to show as /')
    .addOption(homeOption())
    .option('-f, --foreground', 'stay in the foreground and log to the terminal')
    .option('--from-backup <file>', 'restore a backup into a cluster that is new: a path, or the URI of a file in a store')
    .addOption(new Option('--log-to-file').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  alluvium start --home /var/lib/alluvium /data/warehouse\n  alluvium start worker -Dalluxio.master.hostname=node1 --home /var/lib/worker',
    )
    .action(async (what: string[], options: StartOptions) => {
      const home = homeOf(options);
      const { roles, root } = splitWhat(what);
      const given = context.definitions;
      const file = options.fromBackup;
      const definitions =
        file === undefined
          ? given
          : await (await import('./commands/from-backup.js')).fromBackup({ home, roles, definitions: given, file });
      if (options.foreground === true) {
        context.releaseSignals();
        const { serve } = await import('./serve.js');
        context.setExitCode(await serve({ home, roles, root, definitions, logToFile: options.logToFile === true }));
        return;
      }
      const { startInBackground } = await import('./commands/start.js');
      const defined = Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`);
      const args = ['start', '--foreground', '--log-to-file', '--home', home.directory, ...defined, '--', ...what];
      await context.print(await startInBackground(home, context.program, args));
    });
}

/** `master`, `worker` and at most one store. */
function splitWhat(what: readonly string[]): { roles: readonly Role[]; root: string | undefined } {
  const isRole = (word: string): word is Role => word === 'master' || word === 'worker';
  const roles = what.filter(isRole);
  const stores = what.filter((word) => !isRole(word));
  if (stores.length > 1) throw fail('invalidArgument', `Cannot show ${stores.join(' and ')} as /: one store wanted; mount others later`);
  return { roles: roles.length === 0 ? ['master', 'worker'] : roles, root: stores[0] };
}

function stop(context: ServerCommandContext): Command {
  return new Command('stop')
    .description('stop the server of a home')
    .addOption(homeOption())
    .action(async (options: { home?: string }) => {
      const commands = await import('./commands/stop.js');
      await context.print(`${await commands.stop(homeOf(options))}\n`);
    });
}

function status(context: ServerCommandContext): Command {
  return new Command('status')
    .description('tell whether a server runs on a home, and where it listens; exit code 1 when none does')
    .addOption(homeOption())
    .option('--json', 'print JSON')
    .action(async (options: { home?: string; json?: boolean }) => {
      const { statusOf, statusText } = await import('./commands/status.js');
      const home = homeOf(options);
      const found = statusOf(home);
      await context.print(options.json === true ? `${JSON.stringify(found, undefined, 2)}\n` : statusText(home, found));
      if (!found.running) context.setExitCode(1);
    });
}

function format(context: ServerCommandContext): Command {
  return new Command('format')
    .description('remove the namespace and the cached blocks of a stopped server; files in the stores stay')
    .addOption(homeOption())
    .option('-y, --yes', 'do not ask')
    .action(async (options: { home?: string; yes?: boolean }) => {
      const [{ format: remove, formatTargets }, { serverSettings }, { confirm }] = await Promise.all([
        import('./commands/format.js'),
        import('./settings.js'),
        import('./confirm.js'),
      ]);
      const home = homeOf(options);
      const { configuration } = await serverSettings(home, context.definitions, undefined);
      const targets = formatTargets(configuration);
      if (targets.length > 0 && options.yes !== true && !(await confirm(`Remove ${targets.join(', ')}?`))) return;
      await context.print(`${remove(home, targets)}\n`);
    });
}

function hashPassword(context: ServerCommandContext): Command {
  return new Command('hash-password')
    .description('read a password from standard input and print what a password file has after "user:"')
    .action(async () => {
      const { hashPassword: hash } = await import('./passwords.js');
      let text = '';
      for await (const chunk of process.stdin) text += String(chunk);
      await context.print(`${await hash(text.replace(/\r?\n$/, ''))}\n`);
    });
}
