import type { NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { UfsStatus } from '@alluvium/ufs';
import { storePath } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { fingerprintOf } from './fingerprint-of.js';
import { withIntent } from './intents/with-intent.js';
import { MISSING_PARENT_MODE } from './plan.js';
import type { OperationId } from './retry-cache.js';
import { pathAt, targetOf } from './walk.js';

/** A directory that is to be in a store. */
export interface StoreDirectory {
  readonly path: NormalPath;
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
}

/** What was made in a store and is not journaled yet. */
export interface MadeInStore {
  /** By path; '' where the store did not say. */
  readonly fingerprints: ReadonlyMap<NormalPath, string>;
  /** What to commit with the operation's own entries: the directories that the namespace has are PERSISTED now. */
  entries(): JournalEntry[];
}

/**
 * The directories above `path` that the store lacks by what is known here, from the top. Those that the namespace lacks too are to
 * be made for `owner`; the caller journals them.
 */
export function parentsToMake(c: FileContext, path: NormalPath, owner: string, group: string): StoreDirectory[] {
  const mount = c.mounts.resolve(path);
  const walk = c.tree.walk(path);
  const missing: StoreDirectory[] = [];
  for (let index = 1; index < walk.names.length; index++) {
    const at = pathAt(walk, index);
    const inode = walk.inodes[index];
    if (at.length <= mount.path.length || inode?.persistence === 'PERSISTED') continue;
    const like = inode ?? { owner, group, mode: MISSING_PARENT_MODE };
    missing.push({ path: at, owner: like.owner, group: like.group, mode: like.mode });
  }
  return missing;
}

/**
 * Makes directories in the store, from the top, and runs `work`, which commits `made.entries()` with its own. The caller holds the
 * lowest of them, or something below, for writing; `operation` is that of a request which asked for the lowest.
 */
export async function makingInStore<T>(
  c: FileContext,
  directories: readonly StoreDirectory[],
  user: string,
  operation: OperationId | undefined,
  work: (made: MadeInStore) => Promise<T>,
): Promise<T> {
  const [top] = directories;
  if (top === undefined) return work({ fingerprints: new Map(), entries: () => [] });
  const intent = { kind: 'MAKE_DIRECTORIES', path: top.path, target: directories.at(-1)!.path, user, operation } as const;
  return withIntent(c, intent, async (end) => {
    const fingerprints = new Map<NormalPath, string>();
    for (const directory of directories) fingerprints.set(directory.path, await makeInStore(c, directory));
    return work({ fingerprints, entries: () => [...marks(c, fingerprints), end] });
  });
}

/** Makes the directories above `path` that the store lacks, and marks them. The caller holds a lock on `path`. */
export async function makeStoreParents(c: FileContext, path: NormalPath, owner: string, group: string): Promise<void> {
  const missing = parentsToMake(c, path, owner, group);
  if (missing.length > 0) await makingInStore(c, missing, owner, undefined, (made) => c.committer.commit(made.entries()));
}

/** What the store made without confirming it counts. */
async function makeInStore(c: FileContext, { path, owner, group, mode }: StoreDirectory): Promise<string> {
  const mount = c.mounts.resolve(path);
  const at = storePath(mount, path);
  let status: UfsStatus | undefined;
  try {
    await mount.store.makeDirectory(at, { owner, group, mode });
    status = await mount.store.status(at);
  } catch (error) {
    status = await mount.store.status(at).catch(() => undefined);
    if (status?.directory !== true) throw error;
  }
  c.absent.forget(path);
  return status === undefined ? '' : fingerprintOf(mount.store, status);
}

function marks(c: FileContext, made: ReadonlyMap<NormalPath, string>): JournalEntry[] {
  const plan: JournalEntry[] = [];
  for (const [path, fingerprint] of made) {
    const inode = targetOf(c.tree.walk(path));
    if (inode !== undefined && inode.persistence !== 'PERSISTED')
      plan.push({ updateInode: { id: inode.id, persistenceState: 'PERSISTED', ufsFingerprint: fingerprint } });
  }
  return plan;
}
