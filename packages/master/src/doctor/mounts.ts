// Mounts and the directories that show them.
import { ROOT_INODE_ID, ROOT_MOUNT_ID, ROOT_PATH, fail, randomId63, type InodeId, type MountId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { planDirectories } from '../file/plan.js';
import { isFound, lastOf, targetOf } from '../file/walk.js';
import { addMountPointOf } from '../mount/mount-table.js';
import { relativeUfsUri } from '../mount/ufs-uri.js';
import { reachablePath } from './subjects.js';
import type { Invariant, Patient } from './invariant.js';

const MODE = 0o755;

/** By the paths of the mounts. */
export const mountInvariants: readonly Invariant<NormalPath>[] = [
  {
    kind: 'mount-without-directory',
    remedy: 'the directory is made, or marked as the mount point that it is; what is a file has to be renamed first',
    wrong: (p, path) => {
      if (p.c.mounts.at(path) === undefined || path === ROOT_PATH) return undefined;
      const inode = targetOf(p.c.tree.walk(path));
      if (inode === undefined) return 'a store is mounted here, and there is no directory';
      if (inode.kind === 'file') return 'a store is mounted here, and there is a file';
      return inode.mountPoint ? undefined : 'a store is mounted here, and the directory is no mount point';
    },
    mend: (p, path) => makeMountPoint(p, path),
  },
  {
    kind: 'mount-id',
    remedy: 'the mount gets a new id',
    wrong: (p, path) => {
      const mount = p.c.mounts.at(path);
      if (mount === undefined || p.c.mounts.byId(mount.id) === mount) return undefined;
      return `its id ${mount.id} is that of ${p.c.mounts.byId(mount.id)?.path ?? 'no mount'}`;
    },
    mend: (p, path) => {
      if (path === ROOT_PATH) throw fail('failedPrecondition', 'The root mount comes from the configuration: restart the master');
      const mount = p.c.mounts.at(path)!;
      const after = { ...describe(mount), id: (randomId63(p.c.random) | 1n) as MountId };
      return p.c.committer.commit([{ deleteMountPoint: { alluxioPath: path } }, { addMountPoint: addMountPointOf(after) }]);
    },
  },
  {
    kind: 'mount-overlap',
    remedy: 'unmount one of them',
    wrong: (p, path) => {
      const mount = p.c.mounts.at(path);
      if (mount === undefined) return undefined;
      for (const other of p.c.mounts.all())
        if (other !== mount && relativeUfsUri(mount.ufsUri, other.ufsUri) !== undefined)
          return `its store is also shown at ${other.path}, and one does not see what the other changes`;
      return undefined;
    },
  },
  {
    kind: 'root-mount',
    remedy: 'restart the master: the root mount comes from the configuration',
    wrong: (p, path) => (path !== ROOT_PATH || p.c.mounts.at(path)?.id === ROOT_MOUNT_ID ? undefined : 'no store is mounted at the root'),
  },
];

/** A pause of persistence, by its mount. */
export const pauseInvariants: readonly Invariant<MountId>[] = [
  {
    kind: 'pause-without-mount',
    remedy: 'the pause is forgotten',
    wrong: (p, mount) =>
      p.c.tree.persistence.pauseOf(mount) === undefined || p.c.mounts.byId(mount) !== undefined
        ? undefined
        : 'persistence to it is paused, and it is not mounted',
    mend: (p, mount) => p.c.committer.commit(p.c.tree.persistence.planMountChange(mount)),
  },
];

export const mountPointInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'mount-point-without-mount',
    remedy: 'it becomes a directory like others; what its store had below goes with the next sync',
    wrong: (p, id) => {
      const inode = p.inode(id);
      if (inode?.kind !== 'directory' || !inode.mountPoint || id === ROOT_INODE_ID) return undefined;
      const path = reachablePath(p, id);
      return path === undefined || p.c.mounts.at(path) !== undefined ? undefined : 'it is a mount point, and nothing is mounted here';
    },
    mend: (p, id) =>
      p.c.committer.commit([
        { updateInode: { id, persistenceState: 'NOT_PERSISTED', ufsFingerprint: '' } },
        { updateInodeDirectory: { id, mountPoint: false, directChildrenLoaded: false } },
      ]),
  },
];

function describe(mount: NonNullable<ReturnType<Patient['c']['mounts']['at']>>): Parameters<typeof addMountPointOf>[0] {
  const { id, path, ufsUri, readOnly, shared, properties } = mount;
  return { id, path, ufsUri, readOnly, shared, properties };
}

function makeMountPoint(p: Patient, path: NormalPath): Promise<void> {
  const walk = p.c.tree.walk(path);
  const last = lastOf(walk);
  if (last.kind === 'file') throw fail('failedPrecondition', `Cannot make the directory "${path}": a file is in its place or above it`);
  if (isFound(walk)) return p.c.committer.commit([{ updateInodeDirectory: { id: last.id, mountPoint: true } }]);
  const plan: JournalEntry[] = [];
  const { owner, group } = last;
  planDirectories(
    p.c,
    plan,
    walk,
    walk.names.length,
    {
      owner,
      group,
      mode: MODE,
      persistence: 'PERSISTED',
      childrenLoaded: false,
      ttlMs: -1,
      ttlAction: 'DELETE',
      xattr: undefined,
      mountPoint: true,
    },
    p.c.clock.nowMs(),
  );
  return p.c.committer.commit(plan);
}
