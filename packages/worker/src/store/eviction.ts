// Which blocks make room.
import type { CacheClasses } from './cache-classes.js';
import type { Block } from './block.js';
import type { StorageDirectory } from './storage-directory.js';

/** Whether losing the copy may lose data or break somebody: such blocks are never victims. */
export type IsProtected = (block: Block) => boolean;

/**
 * The least recently used blocks of `directory` that free at least `bytes`, or undefined when all that may go would not be
 * enough: then none is taken. `blocks` come least recently used first.
 */
export function chooseVictims(
  blocks: Iterable<Block>,
  directory: StorageDirectory,
  bytes: number,
  isProtected: IsProtected,
  classes: CacheClasses,
): Block[] | undefined {
  const able = [...blocks].filter(
    (block) => block.length > 0 && block.directory === directory && block.holds === 0 && block.leaving === undefined && !isProtected(block),
  );
  const victims: Block[] = [];
  let freed = 0;
  for (const block of able.sort((a, b) => classes.rank(a.id) - classes.rank(b.id))) {
    if (freed >= bytes) break;
    victims.push(block);
    freed += block.length;
  }
  return freed >= bytes ? victims : undefined;
}
