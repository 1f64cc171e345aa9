import { joinPath, type BlockId, type NormalPath } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import type { UnderStore } from '@alluvium/ufs';
import { storePath, type Mount } from '../../mount/mount.js';
import type { FileContext } from '../context.js';
import { takeCopiedFingerprints } from '../copied-fingerprints.js';
import { planRemove, renameEntry, withOperationId } from '../plan.js';
import { parentOf, targetOf } from '../walk.js';
import { endEntry, type StoreIntent } from './store-intents.js';

/** More than that below the new name is not taken for what was loaded there meanwhile. */
const MOST_LOADED = 1000;

/**
 * A rename in a store: what has moved there is renamed here, the rest stays. A store that copies and then removes may have got
 * anywhere in between: as long as nothing was removed the copies go again, then the rest follows.
 */
export async function settleRename(c: FileContext, { id, inode, path: from, target: to, operation }: StoreIntent): Promise<void> {
  if (inode === undefined || to === undefined || c.tree.pathOf(inode) !== from) return c.committer.commit([endEntry(id)]);
  const mount = c.mounts.resolve(from);
  const moved = await finishMove(mount, storePath(mount, from), storePath(mount, to));
  const source = c.tree.get(inode);
  if (source !== undefined) await takeCopiedFingerprints(c, mount.store, source, storePath(mount, moved ? to : from));
  const walk = c.tree.walk(to);
  const parent = parentOf(walk);
  const loaded = loadedAt(c, targetOf(walk), to);
  const nowMs = c.clock.nowMs();
  const plan = [endEntry(id)];
  const freed: BlockId[] = [];
  if (moved && parent?.kind === 'directory' && loaded !== undefined) {
    for (const [gone, at] of loaded) freed.push(...planRemove(plan, gone, at, nowMs, true));
    // What was made there meanwhile is found in the store again.
    if (c.tree.get(inode)?.kind === 'directory' && loaded.length > 0)
      plan.push({ updateInodeDirectory: { id: inode, directChildrenLoaded: false } });
    plan.push(renameEntry(inode, parent.id, from, to, nowMs));
    withOperationId(plan, operation);
    c.absent.clear();
  }
  await c.committer.commit(plan);
  if (freed.length > 0) c.blocks.free(freed);
}

/** Whether the store has moved it. Throws when it does not say. */
export async function hasMoved({ store }: Mount, from: string, to: string): Promise<boolean> {
  return (await store.status(from)) === undefined && (await store.status(to)) !== undefined;
}

async function finishMove({ store }: Mount, from: string, to: string): Promise<boolean> {
  const source = await store.status(from);
  const target = await store.status(to);
  if (target === undefined) return false;
  if (source === undefined) return true;
  if (store.capabilities.rename === 'atomic' || source.directory !== target.directory) return false;
  if (!source.directory) await store.rename(from, to, { overwrite: true });
  else if (await hasLeft(store, from, to)) await moveBelow(store, from, to);
  else {
    await takeBack(store, from, to);
    return false;
  }
  return true;
}

async function takeBack(store: UnderStore, from: string, to: string): Promise<void> {
  // Markers of directories may have gone first, while names below still tell of them.
  await store.makeDirectory(from);
  for await (const { name, directory } of store.list(to, { recursive: true })) if (directory) await store.makeDirectory(`${from}/${name}`);
  await store.removeDirectory(to, { recursive: true });
}

/** Whether something is under the new name alone. As long as all is still there under the old one, the copies can go again. */
async function hasLeft(store: UnderStore, from: string, to: string): Promise<boolean> {
  for await (const { name } of store.list(to, { recursive: true })) if ((await store.status(`${from}/${name}`)) === undefined) return true;
  return false;
}

/** Moves what is still under the old name; what is known to be the same under the new one only goes. */
async function moveBelow(store: UnderStore, from: string, to: string): Promise<void> {
  const directories: string[] = [];
  for await (const { name, directory, contentHash } of store.list(from, { recursive: true })) {
    if (directory) directories.push(name);
    else if (contentHash !== undefined && (await store.status(`${to}/${name}`))?.contentHash === contentHash)
      await store.removeFile(`${from}/${name}`);
    else await store.rename(`${from}/${name}`, `${to}/${name}`, { overwrite: true });
  }
  for (const name of directories) await store.makeDirectory(`${to}/${name}`);
  await store.makeDirectory(to);
  await store.removeDirectory(from, { recursive: true });
}

/**
 * What the rename replaces, or what was loaded from the store under the new name while it was not settled: it is the same thing.
 * Children first; undefined when something there is more than what the store has.
 */
function loadedAt(c: FileContext, target: Inode | undefined, path: NormalPath): (readonly [Inode, NormalPath])[] | undefined {
  const found: (readonly [Inode, NormalPath])[] = target === undefined ? [] : [[target, path]];
  if (target?.kind === 'file') return found;
  for (let i = 0; i < found.length; i++) {
    const [inode, at] = found[i]!;
    if (inode.persistence !== 'PERSISTED' || found.length > MOST_LOADED) return undefined;
    if (inode.kind === 'directory') for (const child of c.tree.children(inode.id)) found.push([child, joinPath(at, child.name)]);
  }
  return found.reverse();
}
