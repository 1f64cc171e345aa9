import { ROOT_PATH, parentPath, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import type { fileJournal } from '@alluvium/wire';
import type { Mount } from '../../mount/mount.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { loadedMode, planLoad } from '../load-metadata.js';
import { isFound, lastOf, targetOf } from '../walk.js';
import { forgetTree } from './forget-tree.js';
import { DirectoryFigures } from './sync-figures.js';
import { newNamePlan, planName } from './sync-name.js';
import type { SyncScope } from './sync-scope.js';
import type { Descendants } from './sync-times.js';

/**
 * Compares one path with its store, and loads its missing ancestors. The status of a directory in an object store is not asked for
 * when its children are listed anyway: a prefix has no owner and no mode, and the listing says whether it is there.
 */
export async function syncSelf(scope: SyncScope, path: NormalPath, descendants: Descendants): Promise<void> {
  const { c } = scope;
  const mount = c.mounts.resolve(path);
  const walk = c.tree.walk(path);
  if (!isFound(walk)) return loadNew(scope, path, lastOf(walk), mount);
  const inode = targetOf(walk)!;
  if (path === mount.path) return syncMountPoint(scope, mount, inode);
  const known = inode.kind === 'directory' && inode.persistence === 'PERSISTED';
  if (known && descendants !== 'NONE' && mount.store.capabilities.objectStore) return;
  const parent = walk.inodes[walk.inodes.length - 2] as DirectoryInode;
  const moment = c.sync.changed.now();
  const status = await scope.status(mount, path);
  await commitSelf(scope, mount, parent, path, moment, status);
}

async function commitSelf(
  scope: SyncScope,
  mount: Mount,
  before: DirectoryInode,
  path: NormalPath,
  moment: number,
  status: UfsStatus | undefined,
): Promise<void> {
  const { c, options } = scope;
  const parentAt = parentPath(path);
  const parent = c.tree.get(before.id);
  if (parent?.kind !== 'directory' || c.tree.pathOf(parent.id) !== parentAt || c.mounts.resolve(path) !== mount) return;
  const figures = new DirectoryFigures(scope.figures, parentAt);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const plan = newNamePlan();
  planName(
    scope,
    plan,
    { mount, directory: parent, path: parentAt, moment },
    name,
    status === undefined ? undefined : { ...status, name },
    figures,
  );
  await scope.commit(plan.entries, plan.freed);
  for (const { inode, instead } of plan.gone) {
    const gone = await forgetTree(scope, inode, path, figures);
    if (instead === undefined || !gone) continue;
    figures.count('created');
    const now = c.tree.get(parent.id);
    if (options.dryRun || now?.kind !== 'directory' || c.tree.child(now.id, name) !== undefined) continue;
    const entries: Parameters<typeof planLoad>[1] = [];
    planLoad(c, entries, mount, now, { ...instead, name }, options.load);
    await scope.commit(entries, []);
  }
}

/** What is not known here is loaded, with the directories above it. */
async function loadNew(scope: SyncScope, path: NormalPath, last: Inode, mount: Mount): Promise<void> {
  const { c, options } = scope;
  if (last.kind === 'file') return;
  if (options.dryRun) {
    if ((await scope.status(mount, path)) !== undefined) scope.figures.count('created');
    return;
  }
  await scope.request();
  await c.loader.loadPath(c, path, options.load);
  if (targetOf(c.tree.walk(path)) !== undefined) scope.figures.count('created');
}

/** A mount point is never removed: it only takes owner, group and mode of its directory in the store. */
async function syncMountPoint(scope: SyncScope, mount: Mount, before: Inode): Promise<void> {
  const { c, options } = scope;
  const { store } = mount;
  if (!store.capabilities.permissions) return;
  const status = await scope.status(mount, mount.path);
  const inode = c.tree.get(before.id);
  if (inode === undefined || status?.directory !== true) return scope.figures.count('skipped');
  const fingerprint = fingerprintOf(store, status);
  // The root belongs to who runs the master, not to the store: its owner is the super user.
  if (mount.path === ROOT_PATH || inode.fingerprint === fingerprint) return scope.figures.count('unchanged');
  scope.figures.count('updated');
  if (options.dryRun) return;
  const update: fileJournal.UpdateInodeEntry = {
    id: inode.id,
    owner: status.owner,
    group: status.group,
    mode: loadedMode(mount, status),
    ufsFingerprint: fingerprint,
  };
  await scope.commit([{ updateInode: update }], []);
}
