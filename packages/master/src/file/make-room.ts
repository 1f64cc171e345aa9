import type { NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import { storePath } from '../mount/mount.js';
import type { FileContext } from './context.js';
import type { NewIntent } from './intents/store-intents.js';
import { withIntent } from './intents/with-intent.js';
import { mayBeStored } from './may-be-stored.js';
import type { OperationId } from './retry-cache.js';

/** What takes the place: renamed from there by the operation of this id. */
export interface Successor {
  readonly from: NormalPath;
  readonly operation: OperationId | undefined;
}

/**
 * Removes from the store what is to be replaced by something that is not there yet, and runs `work`, which commits the replacement
 * with the entries it is given. The caller holds the path for writing.
 */
export async function makingRoom<T>(
  c: FileContext,
  old: Inode | undefined,
  path: NormalPath,
  user: string,
  work: (entries: readonly JournalEntry[]) => Promise<T>,
  successor?: Successor,
): Promise<T> {
  if (old === undefined || !mayBeStored(old)) return work([]);
  const mount = c.mounts.resolve(path);
  const removed = (): Promise<boolean> => mount.store.removeFile(storePath(mount, path));
  if (old.persistence === 'PERSISTED') {
    return withIntent(c, { kind: 'OVERWRITE', inode: old.id, user, ...placesOf(path, successor) }, async (end) => {
      await removed();
      return work([end]);
    });
  }
  // Its bytes are in the cache, and were to be brought to the store: without what an attempt has left there it is as it was.
  await removed();
  return work([]);
}

function placesOf(path: NormalPath, successor: Successor | undefined): Pick<NewIntent, 'path' | 'target' | 'operation'> {
  return successor === undefined ? { path } : { path: successor.from, target: path, operation: successor.operation };
}
