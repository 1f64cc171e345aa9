// Which blocks make room.
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
): Block[] | undefined {
  const victims: Block[] = [];
  let freed = 0;
  for (const block of blocks) {
    if (freed >= bytes) break;
    if (block.length === 0 || block.directory !== directory || block.holds > 0 || block.leaving !== undefined || isProtected(block))
      continue;
    victims.push(block);
    freed += block.length;
  }
  return freed >= bytes ? victims : undefined;
}
