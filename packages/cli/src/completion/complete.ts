// What the last word of a command line may become: a command, an option, one of its values, or a path of the cluster.
import type { Command } from 'commander';
import type { Session } from '../session.js';

/** A shell waits for us at every Tab. */
const DEADLINE_MS = 1500;
const MAX_CANDIDATES = 1000;

export async function complete(session: Session, program: Command, [words]: readonly [readonly string[]]): Promise<void> {
  const current = words.at(-1) ?? '';
  const { command, previous } = find(program, words.slice(0, -1));
  for (const candidate of await candidates(session, command, previous, current)) await session.print(candidate);
}

/** The command that the words before the last one name, and the last of them. */
function find(program: Command, words: readonly string[]): { command: Command; previous: string } {
  let command = program;
  words.forEach((word, at) => {
    if (word.startsWith('-') || takesValue(command, words[at - 1] ?? '')) return;
    command = visible(command).find((child) => child.name() === word) ?? command;
  });
  return { command, previous: words.at(-1) ?? '' };
}

function takesValue(command: Command, flag: string): boolean {
  const option = optionOf(command, flag);
  return option !== undefined && !option.isBoolean();
}

function optionOf(command: Command, flag: string): Command['options'][number] | undefined {
  if (!flag.startsWith('-')) return undefined;
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const option = at.options.find(({ long, short }) => long === flag || short === flag);
    if (option !== undefined) return option;
  }
  return undefined;
}

/** Commands that help shows. */
function visible(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

async function candidates(session: Session, command: Command, previous: string, current: string): Promise<readonly string[]> {
  const option = optionOf(command, previous);
  if (option !== undefined && !option.isBoolean()) return startingWith(option.argChoices ?? [], current);
  if (current.startsWith('-')) return startingWith(flagsOf(command), current);
  if (command.commands.length > 0) {
    return startingWith(
      visible(command).map((child) => child.name()),
      current,
    );
  }
  if (command.parent?.name() !== 'fs' || !current.startsWith('/')) return [];
  return clusterPaths(session, current);
}

function flagsOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short }) => long ?? short ?? '')
    .sort();
}

const startingWith = (words: readonly string[], prefix: string): string[] => words.filter((word) => word.startsWith(prefix));

/** Paths that begin with `prefix`; directories end in `/`. None when the cluster does not answer in time. */
async function clusterPaths(session: Session, prefix: string): Promise<string[]> {
  const { context } = session;
  const deadline = new AbortController();
  const timer = context.clock.schedule(DEADLINE_MS, () => deadline.abort());
  const signal = AbortSignal.any([context.signal, deadline.signal]);
  const cut = prefix.lastIndexOf('/') + 1;
  const out: string[] = [];
  try {
    const fileSystem = await session.fileSystem();
    for await (const status of fileSystem.list(session.path(prefix.slice(0, cut)), { signal })) {
      if (!status.name.startsWith(prefix.slice(cut))) continue;
      out.push(`${prefix.slice(0, cut)}${status.name}${status.folder ? '/' : ''}`);
      if (out.length >= MAX_CANDIDATES) break;
    }
  } catch {
    // Nobody asked for an error here: there is nothing to offer.
    return [];
  } finally {
    timer.cancel();
  }
  return out;
}
