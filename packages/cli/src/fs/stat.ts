import { fail } from '@alluvium/base';
import type { FileBlock, FileStatus } from '@alluvium/client';
import { formatEntry } from '../acl-entries.js';
import { UsageError } from '../exit-code.js';
import { JsonList } from '../output/json-list.js';
import { statusForJson } from '../output/json.js';
import { formatMode } from '../output/mode.js';
import { formatTime, formatUtc } from '../output/time.js';
import { escapeWildcards } from '../paths/glob.js';
import type { Session } from '../session.js';
import { statCache } from './stat-cache.js';

export interface StatOptions {
  readonly format?: string;
  readonly fileId?: bigint;
  readonly cache?: boolean;
}

export async function stat(session: Session, [paths]: readonly [readonly string[]], options: StatOptions): Promise<void> {
  if (options.cache === true && options.format !== undefined) throw new UsageError('--format and --cache do not go together');
  if (options.cache === true) return statCache(session, await pathsOf(session, paths, options));
  const json = session.json ? new JsonList(session) : undefined;
  await session.forEachPath(await pathsOf(session, paths, options), async (path, fileSystem) => {
    const status = await fileSystem.status(path, { signal: session.signal });
    if (json !== undefined) return json.add(statusForJson(status));
    if (options.format !== undefined) return session.print(fillIn(options.format, status));
    for (const line of describe(status)) await session.print(line);
  });
  await json?.end();
}

/** The paths that were typed, or the one of the id. */
async function pathsOf(session: Session, paths: readonly string[], { fileId }: StatOptions): Promise<readonly string[]> {
  if ((fileId === undefined) === (paths.length === 0)) throw new UsageError('paths are wanted, or --file-id');
  if (fileId === undefined) return paths;
  const path = await (await session.fileSystem()).admin.pathOf(fileId, { signal: session.signal });
  return [escapeWildcards(path)];
}

function fillIn(format: string, status: FileStatus): string {
  const values: Readonly<Record<string, string>> = {
    N: status.name,
    z: status.folder ? 'NA' : String(status.lengthBytes),
    u: status.owner,
    g: status.group,
    i: String(status.fileId),
    b: status.folder ? 'NA' : String(status.blocks.length),
    y: formatUtc(status.lastModificationTimeMs),
    Y: String(status.lastModificationTimeMs),
  };
  return format.replace(/%(.)/gs, (whole, letter: string) => {
    if (letter === '%') return '%';
    const value = values[letter];
    if (value === undefined) throw fail('invalidArgument', `Cannot print ${whole}: %N %z %u %g %i %b %y %Y are known`);
    return value;
  });
}

/** One `name=value` a line, with the names that Alluxio's shell uses, so that scripts find them. */
function describe(status: FileStatus): string[] {
  const lines: [string, unknown][] = [
    ['fileId', status.fileId],
    ['name', status.name],
    ['ufsPath', status.ufsPath],
    ['length', status.lengthBytes],
    ['blockSizeBytes', status.blockSizeBytes],
    ['completed', status.completed],
    ['owner', status.owner],
    ['group', status.group],
    ['mode', `${status.mode.toString(8).padStart(3, '0')} (${formatMode(status.mode, status.folder)})`],
    ['acl', status.acl.map(formatEntry).join(',')],
    ['defaultAcl', status.defaultAcl.map(formatEntry).join(',')],
    ['creationTime', formatTime(status.creationTimeMs)],
    ['lastModificationTime', formatTime(status.lastModificationTimeMs)],
    ['lastAccessTime', formatTime(status.lastAccessTimeMs)],
    ['ttl', status.ttlMs],
    ['ttlAction', status.ttlAction],
    ['pinned', status.pinned],
    ['pinnedlocation', status.pinnedMedia.join(',')],
    ['cacheable', status.cacheable],
    ['persisted', status.persisted],
    ['persistenceState', status.persistenceState],
    ['mountPoint', status.mountPoint],
    ['mountId', status.mountId],
    ['replicationMin', status.replicationMin],
    ['replicationMax', status.replicationMax],
    ['inAlluxioPercentage', status.inAlluxioPercentage],
    ['inMemoryPercentage', status.inMemoryPercentage],
    ['ufsFingerprint', status.ufsFingerprint.trim()],
  ];
  const kind = status.folder ? 'directory' : 'file';
  const out = [`${status.path} is a ${kind} path.`, ...lines.map(([name, value]) => `  ${name}=${String(value)}`)];
  if (status.folder) return out;
  if (status.blocks.length === 0) return [...out, 'This file does not contain any blocks.'];
  return [...out, 'Containing the following blocks:', ...status.blocks.map(blockLine)];
}

function blockLine(block: FileBlock): string {
  const places = block.locations.map((place) => `${place.host}:${place.rpcPort} (${place.tier})`).join(', ');
  return `  id=${block.blockId} offset=${block.offset} length=${block.lengthBytes} on ${places === '' ? 'no worker' : places}`;
}
