// Blocks that go from one directory to another while they are read:
//
//   here --bytes copied and checked, durable there--> there --last reader of the old file gone--> old file removed
//
// Whoever read before goes on with the old file; a crash leaves at least one whole copy, and a start keeps one.
import { fail } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import { MOVING, type BlockTable } from './block-table.js';
import type { Block } from './block.js';
import { copyBlock } from './copy-block.js';
import type { LiveBlocks } from './live-blocks.js';
import type { Room } from './room.js';
import type { StorageDirectory } from './storage-directory.js';

export interface BlockMoverOptions {
  readonly disk: Disk;
  readonly folderMode: number;
  readonly table: BlockTable;
  readonly live: LiveBlocks;
  readonly room: Room;
  readonly onMoved: (block: Block, from: StorageDirectory) => void;
  /** A call on the directory has failed. */
  readonly suspect: (directory: StorageDirectory, error: unknown) => Promise<void>;
}

export class BlockMover {
  readonly #o: BlockMoverOptions;

  constructor(options: BlockMoverOptions) {
    this.#o = options;
  }

  /** To the first of `able` that can make room. Throws `resourceExhausted` when none can. */
  async move(block: Block, able: readonly StorageDirectory[]): Promise<number> {
    for (const directory of able) {
      if (await this.#o.room.reserve(directory, block.length)) return this.#moveReserved(block, directory);
    }
    throw fail('resourceExhausted', `Cannot move block ${block.id}: no directory has ${block.length} bytes of room for it`);
  }

  /** If the directory has room now; otherwise nothing is done and the answer is 0. */
  async moveInto(block: Block, directory: StorageDirectory): Promise<number> {
    if (block.directory === directory || !this.#o.room.reserveFree(directory, block.length)) return 0;
    return this.#moveReserved(block, directory);
  }

  /** The bytes are set aside in `to`; here they are used or given back. */
  async #moveReserved(block: Block, to: StorageDirectory): Promise<number> {
    const { table, live } = this.#o;
    const { slot, id, length } = block;
    const from = block.directory;
    const isFree = (): boolean => {
      const claim = table.claims.get(slot);
      return block.isKnown && live.isInService(slot) && claim?.holds === claim?.readers;
    };
    let isMoved = false;
    try {
      if (!isFree() || from === to || table.has(slot, MOVING) || table.claims.get(slot)?.leftBehind !== undefined)
        throw fail('unavailable', `Cannot move block ${id}: it is being moved, written or removed`);
      table.set(slot, MOVING, true);
      isMoved = await this.#copyAndSwitch(block, to, isFree).finally(() => block.isKnown && table.set(slot, MOVING, false));
      if (!isMoved) throw fail('unavailable', `Cannot move block ${id}: it was removed meanwhile, or somebody needs its file to stay`);
      return length;
    } finally {
      if (!isMoved) to.usedBytes -= length;
    }
  }

  async #copyAndSwitch(block: Block, to: StorageDirectory, isFree: () => boolean): Promise<boolean> {
    const { disk, folderMode, live, suspect } = this.#o;
    const from = block.directory;
    const reader = await live.open(block);
    let isMoved = false;
    try {
      await copyBlock({ disk, folderMode }, reader, to);
      isMoved = isFree() && to.state !== 'lost';
      if (isMoved) this.#switch(block, from, to);
      return isMoved;
    } catch (error) {
      await suspect(to, error);
      throw error;
    } finally {
      if (!isMoved && to.state !== 'lost') await live.removeFiles(to, block.id);
      reader.close();
    }
  }

  /** From here on readers get the file in `to`. */
  #switch(block: Block, from: StorageDirectory, to: StorageDirectory): void {
    const { table, live, room, onMoved } = this.#o;
    const { slot, id, length } = block;
    const claim = live.claim(slot);
    room.left(slot);
    table.setDirectory(slot, to.number);
    room.returned(slot);
    const old = claim.open!;
    claim.open = undefined;
    claim.leftBehind = new Promise<void>((resolve) => (old.onUnread = resolve)).then(async () => {
      from.usedBytes -= length;
      if (from.state !== 'lost') await live.removeFiles(from, id);
      claim.leftBehind = undefined;
      live.forgetIdle(slot, claim);
    });
    onMoved(block, from);
  }
}
