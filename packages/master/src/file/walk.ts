import { components, fail, type NormalPath, type ErrorKind } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';

/** A path looked up in the tree: its inodes from the root down, as far as they exist. */
export interface Walk {
  readonly path: NormalPath;
  readonly names: readonly string[];
  /** The root first; one more than `names` when the path exists. */
  readonly inodes: readonly Inode[];
}

export function newWalk(path: NormalPath): { path: NormalPath; names: string[]; inodes: Inode[] } {
  return { path, names: components(path), inodes: [] };
}

export function isFound(walk: Walk): boolean {
  return walk.inodes.length === walk.names.length + 1;
}

/** The inode of the path, undefined when it does not exist. */
export function targetOf(walk: Walk): Inode | undefined {
  return walk.inodes[walk.names.length];
}

/** The deepest inode that exists. */
export function lastOf(walk: Walk): Inode {
  return walk.inodes[walk.inodes.length - 1]!;
}

/** The directory that contains, or would contain, the path; the root for the root. Undefined when it does not exist. */
export function parentOf(walk: Walk): Inode | undefined {
  return walk.inodes[Math.max(0, walk.names.length - 1)];
}

/** The nearest existing ancestor: where a create begins. The parent when the path exists. */
export function nearestAncestor(walk: Walk): Inode {
  return walk.inodes[Math.max(0, Math.min(walk.inodes.length, walk.names.length) - 1)]!;
}

/** The path of `inodes[index]`. */
export function pathAt(walk: Walk, index: number): NormalPath {
  if (index === walk.names.length) return walk.path;
  return `/${walk.names.slice(0, index).join('/')}` as NormalPath;
}

/** Throws when a component before the last is a file; `kind` when not the one of a 2.9.4 master is wanted. */
export function requireTraversable(walk: Walk, kind: ErrorKind = 'invalidArgument'): void {
  if (isFound(walk)) return;
  const last = lastOf(walk);
  if (last.kind === 'file') {
    throw fail(
      kind,
      `Traversal failed for path ${walk.path}. Component ${walk.inodes.length - 1}(${last.name}) is a file, not a directory.`,
    );
  }
}

export function notFound(path: string): Error {
  return fail('notFound', `Path "${path}" does not exist.`);
}

/** The inode of the path; throws as for a missing path or a file on the way. */
export function requireFound(walk: Walk): Inode {
  const inode = targetOf(walk);
  if (inode !== undefined) return inode;
  requireTraversable(walk);
  throw notFound(walk.path);
}

/** Alluxio's text for a create below a directory that does not exist. */
export function missingComponent(walk: Walk): Error {
  const index = walk.inodes.length;
  return fail('notFound', `File ${walk.path} creation failed. Component ${index}(${walk.names[index - 1]}) does not exist`);
}
