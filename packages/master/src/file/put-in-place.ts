// The last step of persisting a file in the store: its temporary file gets the file's name. The caller holds the path exclusively.
import { fail, kindOf, messageOf, type NormalPath } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import { storePath, ufsUriOf, type Mount } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { PERSIST_DIRECTORY } from './load-metadata.js';
import { hasMoved } from './intents/settle-rename.js';
import { makeStoreParents } from './store-directories.js';

interface Placing {
  /** The temporary file as the store knows it. */
  readonly from: string;
  /** An attempt before this one may have brought the file to its place. */
  readonly mayBeThere: boolean;
  /** Called right before the store is asked to move it. */
  readonly moving: () => void;
  /** A file of others was there, and has been set aside. */
  readonly setAside: () => void;
}

/** Answers what the store has in the file's place afterwards. */
export async function putInPlace(c: FileContext, inode: FileInode, path: NormalPath, mount: Mount, placing: Placing): Promise<UfsStatus> {
  const to = storePath(mount, path);
  c.committer.requireAccepting();
  await makeStoreParents(c, path, inode.owner, inode.group);
  const replace = await clearPlace(c, inode, path, mount, placing);
  placing.moving();
  await moveInto(mount, placing.from, to, replace);
  await carryOwner(c, mount, to, inode);
  const status = await mount.store.status(to);
  if (status !== undefined && status.length === inode.length) return status;
  // Wrong bytes do not stay under a name. What is there is what was moved there: the path is held.
  if (status?.directory === false) await mount.store.removeFile(to);
  throw fail(
    'aborted',
    `Cannot persist "${path}": ${ufsUriOf(mount, path)} has ${status?.length ?? 'no'} bytes after the rename; ${inode.length} expected`,
  );
}

/**
 * What is in the file's place already is from an attempt that was cut off, or of others: it is never destroyed, but goes where no
 * name of the namespace leads to. Answers whether there is something to replace.
 */
async function clearPlace(c: FileContext, inode: FileInode, path: NormalPath, mount: Mount, placing: Placing): Promise<boolean> {
  const { store } = mount;
  const to = storePath(mount, path);
  const there = await store.status(to);
  if (there === undefined) return false;
  if (there.directory) throw fail('alreadyExists', `Cannot persist "${path}": ${ufsUriOf(mount, path)} is a directory; remove it`);
  if (placing.mayBeThere && there.length === inode.length) return true;
  const aside = `${PERSIST_DIRECTORY}/${inode.id}.alluxio.${c.clock.nowMs()}.replaced`;
  await store.rename(to, aside);
  placing.setAside();
  c.log.warn('the under store has another file where one waits to be persisted; it was set aside', {
    path,
    aside: `${mount.ufsUri}/${aside}`,
    bytes: there.length,
  });
  return false;
}

/**
 * A move that the store did without confirming it counts. Directories that the namespace believes in may be missing in the store,
 * removed there by others.
 */
async function moveInto(mount: Mount, from: string, to: string, overwrite: boolean): Promise<void> {
  const { store } = mount;
  try {
    await store.rename(from, to, { overwrite });
  } catch (error) {
    if (await hasMoved(mount, from, to)) return;
    const parent = to.slice(0, Math.max(0, to.lastIndexOf('/')));
    if (kindOf(error) !== 'notFound' || (await store.status(parent)) !== undefined) throw error;
    await store.makeDirectory(parent);
    await store.rename(from, to, { overwrite });
  }
}

/** The temporary file was made with what the inode had when the order was given. */
async function carryOwner(c: FileContext, mount: Mount, at: string, { id }: FileInode): Promise<void> {
  if (!mount.store.capabilities.permissions) return;
  const inode = c.tree.get(id);
  const status = await mount.store.status(at);
  if (inode === undefined || status === undefined) return;
  if (status.mode !== inode.mode) await mount.store.setMode(at, inode.mode);
  if (status.owner === inode.owner && status.group === inode.group) return;
  try {
    await mount.store.setOwner(at, inode.owner, inode.group);
  } catch (error) {
    // Only root may give files away; the namespace keeps the owner in any case.
    c.log.debug('owner not set in the under store', { path: at, reason: messageOf(error) });
  }
}
