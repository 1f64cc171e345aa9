import { kindOf, type InodeId } from '@alluvium/base';
import type { AbandonedOptions } from '@alluvium/ufs';
import type { Mount } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { PERSIST_DIRECTORY } from './load-metadata.js';

/** As the steps of persistence name them. What else lies there belongs to other systems that use the store. */
const ATTEMPT = /^(\d{1,19})\.alluxio\.\d+\.[0-9a-f-]{36}\.tmp$/;
/** Files that one call removes at most; the next one goes on. */
const MAX_FILES = 10_000;

/**
 * Removes what attempts to persist left in the store of `mount`: temporary files that no file of the namespace will be made of, last
 * written longer ago than the limit. Answers how many. An attempt that is under way is written down in its file before it begins.
 */
export async function removeAbandonedAttempts(c: FileContext, mount: Mount, options: AbandonedOptions): Promise<number> {
  const { store } = mount;
  const old: string[] = [];
  try {
    for await (const { name, directory, modifiedMs } of store.list(PERSIST_DIRECTORY, options)) {
      if (directory || modifiedMs === undefined || modifiedMs >= options.nowMs - options.olderThanMs) continue;
      if (ATTEMPT.test(name) && !isClaimed(c, name)) old.push(name);
      if (old.length === MAX_FILES) break;
    }
  } catch (error) {
    // Nothing was ever persisted there.
    if (kindOf(error) !== 'notFound') throw error;
  }
  let removed = 0;
  for (const name of old) {
    // Looked at again: the listing took its time.
    if (!isClaimed(c, name) && (await store.removeFile(`${PERSIST_DIRECTORY}/${name}`, options))) removed++;
  }
  return removed;
}

/** The unique name will do: the root mount may be spelt otherwise than before the last start. */
function isClaimed(c: FileContext, name: string): boolean {
  const id = BigInt(ATTEMPT.exec(name)![1]!) as InodeId;
  const inode = c.tree.get(id);
  return inode?.kind === 'file' && inode.tempUfsPath.endsWith(`/${name}`);
}
