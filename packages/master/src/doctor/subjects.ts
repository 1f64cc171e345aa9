import { ROOT_INODE_ID, ROOT_PATH, joinPath, type InodeId, type NormalPath } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import type { About, Patient } from './invariant.js';

/** Longest part of a name that a finding repeats. */
const MAX_SHOWN = 300;

export function aboutInode(p: Patient, id: InodeId): About {
  const path = reachablePath(p, id);
  if (path !== undefined) return { subject: path, inode: id, path };
  const inode = p.inodes.get(id);
  return { subject: inode === undefined ? `inode ${id}` : `inode ${id} "${shown(inode.name)}"`, inode: id };
}

/** Text of the namespace, as a finding may repeat it. */
export function shown(name: string): string {
  return JSON.stringify(name.slice(0, MAX_SHOWN)).slice(1, -1);
}

/** The path under which a walk from the root finds the inode itself. */
export function reachablePath(p: Patient, id: InodeId): NormalPath | undefined {
  if (id === ROOT_INODE_ID) return ROOT_PATH;
  const path = p.c.tree.pathOf(id);
  if (path === undefined) return undefined;
  let at: Inode | undefined = p.inodes.get(ROOT_INODE_ID);
  for (const name of path.slice(1).split('/')) at = at === undefined ? undefined : p.inodes.child(at.id, name);
  return at?.id === id ? path : undefined;
}

/** Of a directory that is reachable. */
export function childPath(p: Patient, directory: InodeId, name: string): NormalPath | undefined {
  const path = reachablePath(p, directory);
  return path === undefined ? undefined : joinPath(path, name);
}
