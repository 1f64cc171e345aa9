// The blocks of a directory as a whole: found at a start, lost with it, back with it, left in order at a stop.
import { fail, kindOf, messageOf, sleep, type BlockId, type Clock } from '@alluvium/base';
import type { Disk, Logger } from '@alluvium/platform';
import { LEAVING, type BlockTable } from './block-table.js';
import { pagesOf, type Block } from './block.js';
import type { LiveBlocks } from './live-blocks.js';
import { readOwner, writeOwner } from './owner.js';
import { recoverDirectory, type FoundBlock } from './recover.js';
import type { RemovalReason } from './resident.js';
import { writePack } from './sidecar-pack.js';
import type { Sidecar } from './sidecar.js';
import type { StorageDirectory } from './storage-directory.js';

export interface DirectoryContentsOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly folderMode: number;
  readonly table: BlockTable;
  readonly live: LiveBlocks;
  readonly onRecovered: (block: Block) => void;
  readonly isBeingWritten: (id: BlockId) => boolean;
  /** Takes a whole or partial block out of service. */
  readonly drop: (slot: number, why: RemovalReason) => Promise<void>;
}

/** Blocks that leave in one stretch of the event loop. */
const SLICE = 500;

export class DirectoryContents {
  readonly #o: DirectoryContentsOptions;
  /** Later than that of any block found so far. */
  #generation = 1n;

  constructor(options: DirectoryContentsOptions) {
    this.#o = options;
  }

  nextGeneration(): bigint {
    return this.#generation++;
  }

  async find(directory: StorageDirectory): Promise<void> {
    const { clock, disk, log, folderMode } = this.#o;
    await recoverDirectory(directory, { clock, disk, log, folderMode }, (found) => this.#adopt(directory, found));
  }

  /** Drops the blocks of another cluster, and notes this one. */
  async claimFor(cluster: string, directory: StorageDirectory): Promise<void> {
    const { disk, log } = this.#o;
    const owner = await readOwner(disk, directory.layout);
    if (owner === cluster) return;
    const foreign = await this.#dropAll(directory, 'replaced');
    if (foreign > 0) log.warn('blocks of another cluster dropped', { directory: directory.path, blocks: foreign, owner });
    await writeOwner(disk, directory.layout, cluster);
  }

  /** Nothing on the disk is touched: what is whole there may come back. */
  async lose(directory: StorageDirectory): Promise<void> {
    await this.#dropAll(directory, 'directoryLost');
  }

  /** Finds the blocks of a lost directory, which is served again when this resolves. Throws when it is not to be used yet. */
  async takeBack(directory: StorageDirectory, cluster: string | undefined): Promise<void> {
    if (directory.usedBytes !== 0) throw fail('unavailable', 'blocks there are still being read or written');
    // Without a note that can be read nobody knows whose the blocks are.
    await readOwner(this.#o.disk, directory.layout);
    try {
      await this.find(directory);
      if (cluster !== undefined) await this.claimFor(cluster, directory);
    } catch (error) {
      await this.lose(directory);
      throw error;
    }
    directory.state = 'serving';
  }

  /** What the next start would have to gather from many files is written into one. Nothing may be read or written any more. */
  async pack(directory: StorageDirectory): Promise<void> {
    try {
      await writePack(this.#o.disk, directory.layout.pack, this.#sidecars(directory));
    } catch (error) {
      this.#o.log.debug('sidecars not packed', { directory: directory.path, kind: kindOf(error), reason: messageOf(error) });
    }
  }

  /** A block found twice, in two directories, is kept once, the later made one: a second copy would never be served. */
  async #adopt(directory: StorageDirectory, { sidecar, modifiedMs }: FoundBlock): Promise<void> {
    const { table, live, isBeingWritten, drop, onRecovered } = this.#o;
    const { blockId: id, generation, length } = sidecar;
    if (generation >= this.#generation) this.#generation = generation + 1n;
    const other = live.find(id);
    if (other >= 0 && live.view(other).generation < generation) await drop(other, 'replaced');
    if (table.find(id) >= 0 || isBeingWritten(id)) return live.removeFiles(directory, id);
    directory.usedBytes += length;
    onRecovered(live.insert(directory, { ...sidecar, id, announced: true }, modifiedMs));
  }

  /** Whole and partial ones; answers how many. */
  async #dropAll(directory: StorageDirectory, why: RemovalReason): Promise<number> {
    const { table, clock, drop } = this.#o;
    let dropped = 0;
    let slice: Promise<void>[] = [];
    for (let slot = 0; slot < table.end; slot++) {
      if (table.directoryOf(slot) !== directory.number || !table.isTaken(slot) || table.has(slot, LEAVING)) continue;
      dropped++;
      slice.push(drop(slot, why));
      if (slice.length < SLICE) continue;
      // Those that are being read may take long to go, and nobody waits for the files of a lost directory.
      if (why !== 'directoryLost') await Promise.all(slice);
      slice = [];
      await sleep(clock, 0);
    }
    if (why !== 'directoryLost') await Promise.all(slice);
    return dropped;
  }

  *#sidecars(directory: StorageDirectory): IterableIterator<Sidecar> {
    const { table, live } = this.#o;
    for (let slot = 0; slot < table.end; slot++) {
      if (table.directoryOf(slot) !== directory.number || !live.isInService(slot)) continue;
      const block = live.view(slot);
      const { id: blockId, length, generation, pinned } = block;
      yield { blockId, length, generation, pinned, pages: pagesOf(block) };
    }
  }
}
