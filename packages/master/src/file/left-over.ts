import { fail, type NormalPath } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import { storePath, ufsUriOf, type Mount } from '../mount/mount.js';
import type { FileContext } from './context.js';

/**
 * Removes what an attempt to persist a file may have brought under its name without journaling it: the file gets another name, and is
 * persisted anew under that. A file of another length is of others and stays. Throws `unavailable` when the store has the only bytes:
 * the file is about to become PERSISTED then. The caller holds the path for writing.
 */
export async function removeLeftOver(c: FileContext, file: FileInode, path: NormalPath, mount: Mount): Promise<void> {
  const at = storePath(mount, path);
  const there = await mount.store.status(at);
  if (there === undefined || there.directory || there.length !== file.length) return;
  if (file.blocks.some((block) => c.blocks.locations(block).length === 0))
    throw fail('unavailable', `Cannot rename "${path}": no worker has all of it, ${ufsUriOf(mount, path)} may be it; try again`);
  await mount.store.removeFile(at);
}
