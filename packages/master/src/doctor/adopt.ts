import { ROOT_INODE_ID, ROOT_PATH, fail, joinPath, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import { directoryEntry } from '../file/inode-to-entry.js';
import { newDirectory, planRemove, planTouch, renameEntry, takeDirectoryId } from '../file/plan.js';
import type { Patient } from './invariant.js';

/** Where inodes go whose place is gone, as in other file systems. */
const LOST_AND_FOUND = 'lost+found';
const MODE = 0o700;

/** Gives an inode without a place one below the root; a file that its store has, and that loads again from there, goes instead. */
export async function adopt(p: Patient, id: InodeId): Promise<void> {
  const inode = p.inode(id)!;
  const plan: JournalEntry[] = [];
  const nowMs = p.c.clock.nowMs();
  if (inode.kind === 'file' && inode.persistence === 'PERSISTED' && inode.completed) {
    const blocks = planRemove(plan, inode, '' as NormalPath, nowMs, true);
    await p.c.committer.commit(plan);
    p.c.blocks.free(blocks);
    return;
  }
  const directory = planLostAndFound(p, plan, nowMs);
  const path = joinPath(joinPath(ROOT_PATH, LOST_AND_FOUND), `inode-${id}`);
  plan.push(renameEntry(id, directory, path, path, nowMs));
  if (inode.kind === 'directory' && inode.persistence === 'PERSISTED') {
    plan.push({ updateInode: { id, persistenceState: 'NOT_PERSISTED', ufsFingerprint: '' } });
    plan.push({ updateInodeDirectory: { id, directChildrenLoaded: false } });
  }
  await p.c.committer.commit(plan);
}

/** Gives an inode another name or directory. Throws `alreadyExists` when the name is taken. */
export async function rename(p: Patient, inode: Inode, parent: InodeId, name: string): Promise<void> {
  if (p.inodes.child(parent, name) !== undefined) throw fail('alreadyExists', `Cannot rename the inode ${inode.id}: "${name}" exists`);
  const path = p.c.tree.pathOf(parent);
  const to = joinPath(path ?? ROOT_PATH, name);
  await p.c.committer.commit([renameEntry(inode.id, parent, to, to, p.c.clock.nowMs())]);
}

/** Children of the root are looked up past the tree's walk: the namespace is damaged. */
function planLostAndFound(p: Patient, plan: JournalEntry[], nowMs: number): InodeId {
  const root = p.inodes.get(ROOT_INODE_ID);
  if (root?.kind !== 'directory') throw fail('failedPrecondition', 'The namespace has no root');
  const there = p.inodes.child(root.id, LOST_AND_FOUND);
  if (there?.kind === 'directory') return there.id;
  if (there !== undefined) throw fail('failedPrecondition', `/${LOST_AND_FOUND} is a file: remove or rename it`);
  const made = newDirectory(
    takeDirectoryId(p.c, plan),
    { ...root, pinned: false, pinnedMedia: [] },
    LOST_AND_FOUND,
    {
      owner: root.owner,
      group: root.group,
      mode: MODE,
      persistence: 'NOT_PERSISTED',
      childrenLoaded: true,
      ttlMs: -1,
      ttlAction: 'DELETE',
      xattr: undefined,
      mountPoint: false,
    },
    nowMs,
  );
  plan.push(directoryEntry(made, joinPath(ROOT_PATH, LOST_AND_FOUND)));
  planTouch(plan, root, nowMs);
  return made.id;
}
