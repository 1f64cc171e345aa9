// A command is data: what help and completion say about it, and where its action is, loaded when it runs.
import { fail } from '@alluvium/base';
import { Command, Option } from 'commander';
import { endsWithSignal } from './bounded.js';
import type { CliContext } from './context.js';
import { exitCodeOf, ExitStatus, EXIT } from './exit-code.js';
import { Session } from './session.js';

/** A person who ended a command waits no longer than this for its traces to go. */
const CLEAN_UP_MS = 5000;

export interface OptionSpec {
  /** As commander reads it: `-c, --bytes <size>`. */
  readonly flags: string;
  readonly doc: string;
  /** Makes a value of the text, or throws commander's InvalidArgumentError; `previous` is what the option had before. */
  readonly parse?: (text: string, previous: unknown) => unknown;
  readonly default?: unknown;
  /** The default as help shows it. */
  readonly defaultText?: string;
  readonly choices?: readonly string[];
  /** Accepted for the sake of scripts, not shown. */
  readonly hidden?: boolean;
  /** The command does not run without it. */
  readonly mandatory?: boolean;
}

export interface ArgumentSpec {
  /** As commander reads it: `<path>`, `[path]`, `<path...>`. */
  readonly name: string;
  readonly doc: string;
  readonly parse?: (text: string) => unknown;
  readonly default?: unknown;
}

/** The work of a command: its arguments in order and its options by name, as the declarations say. */
export type Action<Args extends readonly unknown[] = never, Options = never> = (
  session: Session,
  args: Args,
  options: Options,
) => Promise<void>;

export interface CommandSpec {
  readonly name: string;
  readonly alias?: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` says; the summary when absent. */
  readonly description?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Whether `--json` is offered. */
  readonly json?: boolean;
  /** A line that works, without the leading `$`. */
  readonly example: string;
  readonly hidden?: boolean;
  load(): Promise<Action>;
}

/** Commands under a word of their own: `fsadmin journal checkpoint`. */
export interface GroupSpec {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
}

export function groupOf(spec: GroupSpec, context: CliContext): Command {
  const group = new Command(spec.name).summary(spec.summary).description(`${spec.summary[0]!.toUpperCase()}${spec.summary.slice(1)}.`);
  for (const command of spec.commands) group.addCommand(commandOf(command, context), { hidden: command.hidden ?? false });
  return group;
}

/** Makes the commander command of a declaration. */
export function commandOf(spec: CommandSpec, context: CliContext): Command {
  const command = new Command(spec.name)
    .summary(spec.summary)
    .description(spec.description ?? `${spec.summary[0]!.toUpperCase()}${spec.summary.slice(1)}.`)
    .addHelpText('after', `\nExample:\n  $ ${spec.example}`);
  if (spec.alias !== undefined) command.alias(spec.alias);
  for (const { name, doc, parse, default: value } of spec.args ?? []) {
    if (parse === undefined) command.argument(name, doc, value);
    else command.argument(name, doc, parse, value);
  }
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  if (spec.json === true) command.option('--json', 'one JSON document; errors as JSON too');
  command.action((...given: unknown[]) => perform(command, spec, context, given));
  return command;
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.doc);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.parse !== undefined) option.argParser(spec.parse);
  if (spec.default !== undefined) option.default(spec.default, spec.defaultText);
  if (spec.hidden === true) option.hideHelp();
  if (spec.mandatory === true) option.makeOptionMandatory();
  return option;
}

async function perform(command: Command, spec: CommandSpec, context: CliContext, given: readonly unknown[]): Promise<void> {
  const options = command.optsWithGlobals<{ json?: boolean; master?: string; user?: string }>();
  const session = new Session(context, {
    command: fullName(command),
    json: options.json === true,
    master: options.master,
    user: options.user,
  });
  let code: number = EXIT.ok;
  try {
    const action = (await spec.load()) as (session: Session, args: readonly unknown[], options: unknown) => Promise<void>;
    const work = action(session, given.slice(0, command.registeredArguments.length), options).then(() => session.flush());
    const tooLate = fail('deadlineExceeded', 'the cluster does not answer; what was half written may still be there');
    await endsWithSignal(context.clock, context.signal, CLEAN_UP_MS, work, tooLate);
  } catch (error) {
    code = exitCodeOf(error, context.signal);
    await session.report(error);
  } finally {
    await session.close();
  }
  if (code === EXIT.ok && session.failed) code = EXIT.failure;
  if (code !== EXIT.ok) throw new ExitStatus(code);
}

/** `alluvium fs ls` */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
