// How a status of the cluster is held against an entry of the model.
import type { FileStatus } from '@alluvium/client';
import type { ModelEntry, ModelFile } from '@alluvium/testkit';

/** Stands for the content of a file that was never completed. */
export const INCOMPLETE = Buffer.alloc(0);

/** The store's version of a file, which is nobody's doing. */
const VERSION = 's3_etag';

export type Seen = Omit<ModelFile, 'kind' | 'bytes'> & {
  readonly directory: boolean;
  readonly length: number;
  readonly completed: boolean;
  readonly persistence: string;
};

export function isIncomplete(entry: ModelEntry | undefined): boolean {
  return entry?.kind === 'file' && entry.bytes === INCOMPLETE;
}

export function seenOf(status: FileStatus): Seen {
  const { folder, lengthBytes, completed, mode, owner, group, pinned, ttlMs, ttlAction, replicationMin, replicationMax } = status;
  const xattr = Object.entries(status.xattr)
    .filter(([name]) => name !== VERSION)
    .map(([name, value]) => [name, Buffer.from(value).toString('latin1')] as const);
  return {
    directory: folder,
    length: Number(lengthBytes),
    completed,
    persistence: status.persistenceState,
    mode,
    owner,
    group,
    pinned,
    ttlMs: Number(ttlMs),
    ttlAction: ttlAction as Seen['ttlAction'],
    xattr: Object.fromEntries(xattr),
    replicationMin,
    replicationMax,
  };
}

/** As the store gives it back when everything else is forgotten: the model takes the attributes over. */
export function entryFrom(seen: Seen, bytes: Buffer | undefined): ModelEntry {
  const { mode, owner, group, pinned, ttlMs, ttlAction, xattr, replicationMin, replicationMax } = seen;
  const attributes = { mode, owner, group, pinned, ttlMs, ttlAction, xattr };
  return bytes === undefined
    ? { kind: 'directory', ...attributes }
    : { kind: 'file', bytes, ...attributes, replicationMin, replicationMax };
}

/** Undefined when what was seen is what is expected. */
export function whyNot(entry: ModelEntry | undefined, seen: Seen | undefined): string | undefined {
  if (entry === undefined || seen === undefined)
    return (entry === undefined) === (seen === undefined) ? undefined : entry === undefined ? 'is there, and should not be' : 'is missing';
  if (seen.directory !== (entry.kind === 'directory')) return `is a ${seen.directory ? 'directory' : 'file'}`;
  const wanted: Record<string, unknown> = { ...entry, xattr: text(entry.xattr), mode: entry.mode.toString(8) };
  const given: Record<string, unknown> = { ...seen, xattr: text(seen.xattr), mode: seen.mode.toString(8) };
  if (entry.kind === 'file') {
    const incomplete = isIncomplete(entry);
    if (seen.completed === incomplete) return seen.completed ? 'is completed' : 'is incomplete';
    if (!incomplete) wanted['length'] = entry.bytes.length;
  }
  for (const name of COMPARED) {
    // A time that never comes has no action.
    if (name === 'ttlAction' && entry.ttlMs < 0) continue;
    if (wanted[name] !== undefined && wanted[name] !== given[name])
      return `has ${name} ${JSON.stringify(given[name])}; ${JSON.stringify(wanted[name])} expected`;
  }
  return undefined;
}

const COMPARED = ['length', 'owner', 'group', 'mode', 'pinned', 'ttlMs', 'ttlAction', 'xattr', 'replicationMin', 'replicationMax'];

function text(xattr: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(xattr).sort(([a], [b]) => (a < b ? -1 : 1)));
}
