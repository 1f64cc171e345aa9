// Sets that are derived from inodes: what is pinned, what falls due, what waits for its store, how high trees are.
import type { InodeId } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import { dueMsOf } from '../file/ttl/due-of.js';
import type { Invariant, Patient } from './invariant.js';

const REDERIVED = 'it is derived anew from the inode';

/** For inodes, and for ids that one of the sets has. */
export const derivedInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'pinned-set',
    remedy: REDERIVED,
    wrong: (p, id) => {
      const inode = p.inode(id);
      const pinned = inode?.kind === 'file' && inode.pinned;
      if (p.c.tree.isPinned(id) === pinned) return undefined;
      return pinned ? 'it is pinned, and workers are not told' : 'workers are told that it is pinned, and it is not';
    },
    mend: rederive,
  },
  {
    kind: 'ttl-queue',
    remedy: REDERIVED,
    wrong: (p, id) => {
      const inode = p.inode(id);
      const due = inode !== undefined && dueMsOf(inode) !== undefined;
      if (p.c.tree.timesToLive.has(id) === due) return undefined;
      return due ? 'nothing happens when its time to live is over' : 'something is due for it, and it has no time to live';
    },
    mend: rederive,
  },
  {
    kind: 'persistence-ledger',
    remedy: REDERIVED,
    wrong: (p, id) => {
      const { persistence } = p.c.tree;
      const inode = p.inode(id);
      if (inode?.kind === 'file') return persistence.differs(inode);
      return persistence.knows(id) ? 'it is in the ledger of files, and there is no such file' : undefined;
    },
    mend: rederive,
  },
  {
    kind: 'persistence-queue',
    remedy: 'it gets its place in the queue',
    passing: true,
    wrong: (p, id) => {
      const inode = p.isQueued === undefined ? undefined : p.inode(id);
      if (inode === undefined || !waitsByItself(inode)) return undefined;
      return p.isQueued?.(id) === true ? undefined : 'it is to be persisted, and has no place in the queue';
    },
    mend: (p, id) => {
      p.c.tree.persistence.remove(id);
      p.c.tree.rederive(id);
    },
  },
  {
    kind: 'tree-height',
    remedy: REDERIVED,
    wrong: (p, id) => {
      const inode = p.inode(id);
      if (inode?.kind !== 'directory' || p.inodes.get(inode.parentId) === undefined) return undefined;
      const [own, above] = [p.c.tree.levelsAtMost(id), p.c.tree.levelsAtMost(inode.parentId)];
      return above > own ? undefined : `${own} levels may be below it, and no more than ${above} below its parent`;
    },
    mend: rederive,
  },
];

function waitsByItself(inode: Inode): boolean {
  return inode.kind === 'file' && inode.persistence === 'TO_BE_PERSISTED' && inode.completed && inode.shouldPersistTimeMs >= 0;
}

function rederive(p: Patient, id: InodeId): void {
  p.c.tree.rederive(id);
}
