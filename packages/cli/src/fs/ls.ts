import type { NormalPath } from '@alluvium/base';
import type { FileStatus, FileSystem } from '@alluvium/client';
import { JsonList } from '../output/json-list.js';
import { statusForJson } from '../output/json.js';
import { formatMode } from '../output/mode.js';
import { formatSize } from '../output/size.js';
import { formatRow, left, right } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';
import { inOrder, timeOf } from './ls-order.js';
import type { SortName, TimeName } from './ls-order.js';

export interface LsOptions {
  readonly recursive?: boolean;
  readonly directory?: boolean;
  readonly human?: boolean;
  readonly reverse?: boolean;
  readonly sort?: SortName;
  readonly timestamp: TimeName;
  readonly pinned?: boolean;
  readonly force?: boolean;
  readonly omitMountInfo?: boolean;
}

/** Mode, owner, group, size, state, time, cached percent: the widths of Alluxio's shell, which scripts cut at. */
const COLUMNS = [left(12), left(15), left(15), right(15), right(16), right(24), right(5)];

export async function ls(session: Session, [paths]: readonly [readonly string[]], options: LsOptions): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  await session.forEachPath(paths, async (path, fileSystem) => {
    for await (const status of ordered(statusesOf(session, fileSystem, path, options), options)) {
      if (options.pinned === true && !status.pinned) continue;
      if (json === undefined) await session.print(lineOf(status, options));
      else await json.add(statusForJson(status));
    }
  });
  await json?.end();
}

async function* statusesOf(session: Session, fileSystem: FileSystem, path: NormalPath, options: LsOptions): AsyncIterable<FileStatus> {
  const request = { signal: session.signal, ...(options.force === true && { loadMetadata: 'ALWAYS' as const }) };
  if (options.directory === true) yield await fileSystem.status(path, request);
  else yield* fileSystem.list(path, { ...request, recursive: options.recursive === true, omitMountInfo: options.omitMountInfo === true });
}

/** As they come, or sorted; only the latter needs all of them at once. */
async function* ordered(statuses: AsyncIterable<FileStatus>, options: LsOptions): AsyncIterable<FileStatus> {
  if (options.sort === undefined) return yield* statuses;
  const all: FileStatus[] = [];
  for await (const status of statuses) all.push(status);
  yield* inOrder(all, options.sort, options.reverse === true);
}

function lineOf(status: FileStatus, options: LsOptions): string {
  return formatRow(COLUMNS, [
    `${formatMode(status.mode, status.folder)}${status.acl.length + status.defaultAcl.length > 0 ? '+' : ''}`,
    status.owner,
    status.group,
    options.human === true && !status.folder ? formatSize(status.lengthBytes) : String(status.lengthBytes),
    status.persistenceState,
    formatTime(timeOf(status, options.timestamp)),
    status.folder ? 'DIR' : `${status.inAlluxioPercentage}%`,
    ` ${status.path}`,
  ]);
}
