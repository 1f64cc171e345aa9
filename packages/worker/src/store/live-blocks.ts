// The whole blocks that are in service, who holds them, and how they leave.
import { fail, messageOf, type BlockId, type Clock } from '@alluvium/base';
import type { Disk, DiskFile, Logger } from '@alluvium/platform';
import { BlockReader } from './block-reader.js';
import { LEAVING, PARTIAL, type BlockTable } from './block-table.js';
import { Block, type NewBlock } from './block.js';
import { Claim, type OpenFile } from './claim.js';
import type { RemovalReason } from './resident.js';
import type { Room } from './room.js';
import type { StorageDirectory } from './storage-directory.js';

export interface LiveBlocksOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly table: BlockTable;
  readonly directories: readonly StorageDirectory[];
  readonly room: Room;
  readonly onRemoved: (id: BlockId, why: RemovalReason, group: number, bytes: number) => void;
  /** A call on the directory has failed. */
  readonly suspect: (directory: StorageDirectory, error: unknown) => Promise<void>;
}

export class LiveBlocks {
  readonly #o: LiveBlocksOptions;
  readonly #table: BlockTable;

  constructor(options: LiveBlocksOptions) {
    this.#o = options;
    this.#table = options.table;
  }

  /** The slot of a block that is whole and served, or -1. */
  find(id: BlockId): number {
    const slot = this.#table.find(id);
    return slot >= 0 && this.isInService(slot) ? slot : -1;
  }

  isInService(slot: number): boolean {
    const { directories } = this.#o;
    if (!this.#table.isTaken(slot) || this.#table.has(slot, LEAVING | PARTIAL)) return false;
    return directories[this.#table.directoryOf(slot)]!.state !== 'lost';
  }

  view(slot: number): Block {
    return new Block(this.#table, this.#o.directories, slot);
  }

  insert(directory: StorageDirectory, made: Omit<NewBlock, 'committedMs'>, foundMs?: number): Block {
    const slot = this.#table.insert({ ...made, committedMs: this.#o.clock.monotonicMs() }, directory.number);
    this.#o.room.entered(slot, foundMs);
    return this.view(slot);
  }

  hold(block: Block): void {
    if (block.isKnown) this.claim(block.slot).holds++;
  }

  release(block: Block): void {
    const claim = block.isKnown ? this.#table.claims.get(block.slot) : undefined;
    if (claim === undefined || --claim.holds > 0) return;
    claim.leaving?.unheld();
    this.forgetIdle(block.slot, claim);
  }

  /** Holds the block until the reader is closed. Throws what the disk does, or `dataLoss` for a file of another length. */
  async open(block: Block): Promise<BlockReader> {
    const { directory, slot } = block;
    this.hold(block);
    const claim = this.claim(slot);
    const open = (claim.open ??= { file: this.#openFile(block, directory), directory, readers: 0, onUnread: undefined });
    open.readers++;
    claim.readers++;
    try {
      const file = await open.file;
      const suspect = (error: unknown): Promise<void> => this.#o.suspect(directory, error);
      return new BlockReader(block, file, () => this.#unread(block, claim, open), suspect);
    } catch (error) {
      if (claim.open === open) claim.open = undefined;
      this.#unread(block, claim, open);
      throw error;
    }
  }

  /** Out of service at once; synchronous up to where an unheld block's bytes count as free. Resolves when its files are gone. */
  drop(slot: number, why: RemovalReason): Promise<void> {
    const id = this.#table.idOf(slot);
    const claim = this.claim(slot);
    this.#o.room.left(slot);
    this.#table.set(slot, LEAVING, true);
    let unheld = (): void => undefined;
    const waited = new Promise<void>((resolve) => (unheld = resolve));
    // What is whole in a directory that failed may come back with it.
    const keepsFiles = why === 'directoryLost';
    const gone = claim.holds === 0 ? this.#unlink(slot, claim, keepsFiles) : waited.then(() => this.#unlink(slot, claim, keepsFiles));
    claim.leaving = { gone, unheld };
    this.#o.onRemoved(id, why, this.#table.groupOf(slot), this.#table.lengthOf(slot));
    return gone;
  }

  /** Either one gone is enough for the other not to be taken for a block at the next start. */
  async removeFiles(directory: StorageDirectory, id: BlockId): Promise<void> {
    const { disk, log, suspect } = this.#o;
    for (const path of [directory.layout.block(id), directory.layout.sidecar(id)]) {
      try {
        await disk.remove(path);
      } catch (error) {
        log.warn('block file not removed', { block: id.toString(), reason: messageOf(error) });
        void suspect(directory, error);
      }
    }
  }

  claim(slot: number): Claim {
    let claim = this.#table.claims.get(slot);
    if (claim === undefined) this.#table.claims.set(slot, (claim = new Claim()));
    return claim;
  }

  forgetIdle(slot: number, claim: Claim): void {
    if (claim.isIdle && this.#table.claims.get(slot) === claim) this.#table.claims.delete(slot);
  }

  async #unlink(slot: number, claim: Claim, keepsFiles: boolean): Promise<void> {
    const directory = this.#o.directories[this.#table.directoryOf(slot)]!;
    directory.usedBytes -= this.#table.lengthOf(slot);
    if (claim.leftBehind !== undefined) await claim.leftBehind;
    if (!keepsFiles) await this.removeFiles(directory, this.#table.idOf(slot));
    this.#table.erase(slot);
  }

  #unread(block: Block, claim: Claim, open: OpenFile): void {
    claim.readers--;
    if (--open.readers === 0) {
      if (claim.open === open) claim.open = undefined;
      open.file
        .then((file) => file.close())
        .catch((error: unknown) => this.#o.log.debug('block file not closed', { reason: messageOf(error) }));
      open.onUnread?.();
    }
    this.release(block);
  }

  /** The length is looked at once: a mapped file that is too short would end the process. */
  async #openFile(block: Block, directory: StorageDirectory): Promise<DiskFile> {
    const file = await this.#o.disk.open(directory.layout.block(block.id), 'read');
    const length = await file.length();
    if (length === block.length) return file;
    await file.close();
    throw fail('dataLoss', `Cannot read block ${block.id}: its file has ${length} bytes; ${block.length} wanted`);
  }
}
