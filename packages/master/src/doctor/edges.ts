// Inodes and the names under which their directories have them.
import { MAX_COMPONENT_BYTES, NO_PARENT, ROOT_INODE_ID, type InodeId } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import { adopt, rename } from './adopt.js';
import type { Invariant, Patient } from './invariant.js';

const RESTART = 'restart the master: its metastore is built anew from checkpoint and journal';
const ADOPTED = 'it is moved to /lost+found; a file that its store has leaves the namespace, and loads again from there';

export const rootInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'root-missing',
    remedy: 'restore a backup, or salvage the journal',
    wrong: (p) => {
      const root = p.inodes.get(ROOT_INODE_ID);
      if (root === undefined) return 'the namespace has no root';
      if (root.kind === 'file') return 'the root is a file';
      return root.parentId === NO_PARENT && root.name === '' ? undefined : `the root has the parent ${root.parentId}`;
    },
  },
];

/** For every inode but the root. */
export const edgeInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'second-root',
    remedy: ADOPTED,
    wrong: inode((_, at) => (at.parentId === NO_PARENT ? 'it has no parent, as only the root has none' : undefined)),
    mend: (p, id) => adopt(p, id),
  },
  {
    kind: 'inode-without-parent',
    remedy: ADOPTED,
    wrong: inode((p, at) => {
      if (at.parentId === NO_PARENT) return undefined;
      const parent = p.inodes.get(at.parentId);
      if (parent === undefined) return `its parent ${at.parentId} does not exist`;
      return parent.kind === 'file' ? `its parent ${at.parentId} is a file` : undefined;
    }),
    mend: (p, id) => adopt(p, id),
  },
  {
    kind: 'directory-cycle',
    remedy: ADOPTED,
    wrong: inode((p, at) => (at.kind === 'directory' && liesInItself(p, at) ? 'it is an ancestor of its own' : undefined)),
    mend: (p, id) => adopt(p, id),
  },
  {
    kind: 'inode-without-edge',
    remedy: `the edge is made anew; where another inode has it, ${ADOPTED}`,
    wrong: inode((p, at) => {
      if (p.inodes.get(at.parentId)?.kind !== 'directory') return undefined;
      const there = p.inodes.child(at.parentId, at.name);
      if (there?.id === at.id) return undefined;
      return there === undefined ? 'its parent does not have it under its name' : `its parent has the inode ${there.id} under its name`;
    }),
    mend: (p, id) => {
      const at = p.inode(id)!;
      const other = p.inodes.child(at.parentId, at.name);
      if (other === undefined) return p.c.tree.rederive(id);
      const adopted = adopt(p, id);
      // Who left may have taken the edge along that it shared.
      p.c.tree.rederive(other.id);
      return adopted;
    },
  },
  {
    kind: 'invalid-name',
    remedy: 'it is renamed to inode-ID in its directory',
    wrong: inode((_, at) => (isValidName(at.name) ? undefined : 'no path can have such a name')),
    mend: (p, id) => {
      const at = p.inode(id)!;
      return rename(p, at, at.parentId, `inode-${id}`);
    },
  },
];

/** A child as its directory lists it. */
export interface Listed {
  readonly directory: InodeId;
  /** The name before it in the listing. */
  readonly after: string | undefined;
  readonly child: Inode;
}

export const listingInvariants: readonly Invariant<Listed>[] = [
  {
    kind: 'edge-without-inode',
    remedy: 'the edge is removed from the metastore',
    wrong: (p, { directory, after, child }) => {
      const there = p.inodes.get(child.id);
      if (there?.parentId === directory && there.name === child.name && p.inodes.child(directory, child.name)?.id === child.id)
        return undefined;
      if (!isListed(p, directory, after, child)) return undefined;
      if (there === undefined) return `the inode ${child.id} does not exist`;
      if (there.parentId === directory && there.name === child.name) return `a look at the name alone does not find the inode ${child.id}`;
      return `the inode ${child.id} is "${there.name}" of the directory ${there.parentId}`;
    },
    mend: (p, { directory, child }) => {
      const there = p.inodes.get(child.id);
      // The inode takes the edge, and takes it along when it goes where it belongs.
      p.inodes.put({ ...(there ?? child), parentId: directory, name: child.name });
      if (there === undefined) p.inodes.remove(child.id);
      else p.inodes.put(there);
      if (there !== undefined) p.c.tree.rederive(there.id);
    },
  },
];

function isListed(p: Patient, directory: InodeId, after: string | undefined, child: Inode): boolean {
  for (const at of p.inodes.children(directory, after)) {
    if (at.id === child.id && at.name === child.name) return true;
    if (at.name > child.name) return false;
  }
  return false;
}

export const countInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'child-count',
    remedy: RESTART,
    wrong: (p, id) => {
      let count = 0;
      for (const _ of p.inodes.children(id)) count++;
      const told = p.inodes.childCount(id);
      return told === count ? undefined : `it has ${count} children, and counts ${told}`;
    },
  },
];

function inode(wrong: (p: Patient, at: Inode) => string | undefined): (p: Patient, id: InodeId) => string | undefined {
  return (p, id) => {
    const at = id === ROOT_INODE_ID ? undefined : p.inode(id);
    return at === undefined ? undefined : wrong(p, at);
  };
}

/** Walks up at two speeds: who is met again lies in a circle, and is in it only when it meets itself. */
function liesInItself(p: Patient, start: Inode): boolean {
  let steps = 0;
  let mark = start;
  for (let at = p.inodes.get(start.parentId); at !== undefined && at.id !== ROOT_INODE_ID; at = p.inodes.get(at.parentId)) {
    if (at.id === start.id) return true;
    if (at.id === mark.id) return false;
    if ((++steps & (steps - 1)) === 0) mark = at;
  }
  return false;
}

function isValidName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) return false;
  return name.length * 3 <= MAX_COMPONENT_BYTES || Buffer.byteLength(name) <= MAX_COMPONENT_BYTES;
}
