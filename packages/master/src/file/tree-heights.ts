import { NO_PARENT, type InodeId } from '@alluvium/base';
import { PagedMap } from '@alluvium/metastore';

/** Deeper than any path of a request can say, so only renames can come near it. */
export const MAX_DEPTH = 2048;

/** No tree is deeper, wherever it comes from. */
const MOST_LEVELS = 100_000;

/**
 * How many levels of directories there are below each directory, at most: renames must not stack trees so deep that walking them
 * takes for ever. Soft, and kept cheap: it grows with what is put below, and does not shrink with what goes.
 */
export class TreeHeights {
  /** Directories without directories below have no entry. */
  readonly #heights = new PagedMap<InodeId, number>();

  atMost(directory: InodeId): number {
    return this.#heights.get(directory) ?? 0;
  }

  /** A directory has come below `parent`. `parentOf` answers undefined for what is not there yet; it is heard of later. */
  added(directory: InodeId, parent: InodeId, parentOf: (id: InodeId) => InodeId | undefined): void {
    let height = this.atMost(directory) + 1;
    let left = MOST_LEVELS;
    for (let at: InodeId | undefined = parent; at !== undefined && at !== NO_PARENT && this.atMost(at) < height; at = parentOf(at)) {
      // Damage: a directory that is below itself.
      if (at === directory || left-- === 0) return;
      this.#heights.set(at, height++);
    }
  }

  /** What was found by looking. */
  set(directory: InodeId, height: number): void {
    this.#heights.set(directory, height);
  }

  removed(directory: InodeId): void {
    this.#heights.delete(directory);
  }
}
