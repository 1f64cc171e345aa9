import { joinPath, type NormalPath } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import type { FileContext } from '../context.js';

export type InodeAt<I extends Inode = Inode> = readonly [I, NormalPath];

/**
 * The inode and all below it, each directory before what is in it, when they are few enough to be changed in one synchronous stretch
 * and one journal operation; else undefined, and the work is for {@link workBelow}.
 */
export function fewBelow(c: FileContext, inode: Inode, path: NormalPath): InodeAt[] | undefined {
  const few: InodeAt[] = [[inode, path]];
  for (let i = 0; i < few.length; i++) {
    const [at, atPath] = few[i]!;
    if (at.kind === 'file') continue;
    if (few.length + c.tree.childCount(at.id) > c.options.recursiveBatch) return undefined;
    for (const child of c.tree.children(at.id)) few.push([child, joinPath(atPath, child.name)]);
  }
  return few;
}
