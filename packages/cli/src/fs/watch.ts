import type { NamespaceChange } from '@alluvium/client';
import { toJson } from '../output/json.js';
import { formatRow, left, right } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';

export interface WatchCommandOptions {
  readonly after?: bigint;
  readonly children?: boolean;
  readonly count?: number;
}

const COLUMNS = [right(12), left(26), left(10)];

/** Prints changes as they come, one line each, until it is interrupted or has printed as many as were asked for. */
export async function watch(session: Session, [text]: readonly [string], options: WatchCommandOptions): Promise<void> {
  const path = session.path(text);
  const fileSystem = await session.fileSystem();
  const request = {
    signal: session.signal,
    recursive: options.children !== true,
    ...(options.after === undefined ? {} : { afterSequence: options.after }),
  };
  let wanted = options.count ?? Number.POSITIVE_INFINITY;
  for await (const update of fileSystem.watch(path, request)) {
    if (update.missed)
      await session.context.stderr.write(`${session.command}: changes after ${update.sequence} were missed; list again what you follow\n`);
    for (const change of update.changes) {
      if (session.json) await session.printText(`${toJson(change)}\n`);
      else await session.print(lineOf(change));
      if (--wanted <= 0) return;
    }
    await session.flush();
  }
}

function lineOf(change: NamespaceChange): string {
  const { path, oldPath, folder } = change;
  const name = folder && path !== '/' ? `${path}/` : path;
  return formatRow(COLUMNS, [
    String(change.sequence),
    ` ${formatTime(change.timeMs)}`,
    change.kind,
    oldPath === undefined ? name : `${oldPath} -> ${name}`,
  ]);
}
