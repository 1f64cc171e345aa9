// The blocks of this worker: what is here, what is being written, what makes room. All bookkeeping is synchronous; awaits
// happen only around files.
import { fail, kindOf, messageOf, type BlockId, type Clock } from '@alluvium/base';
import type { Disk, DiskFile, Logger } from '@alluvium/platform';
import { Activity } from './activity.js';
import { acceptAll, allocatorOf, type Allocator, type Reviewer } from './allocator.js';
import { LruAnnotator, type Annotator } from './annotator.js';
import { BlockMover } from './block-mover.js';
import type { BlockReader } from './block-reader.js';
import { BlockTable, LEAVING } from './block-table.js';
import type { Block, NewBlock } from './block.js';
import { ONE_CLASS, type CacheClasses } from './cache-classes.js';
import { DirectoryContents } from './directory-contents.js';
import { DirectoryWatch } from './directory-watch.js';
import { LiveBlocks } from './live-blocks.js';
import { allPages } from './pages.js';
import { ANY_PLACE, type Place } from './placement.js';
import type { RemovalReason, Resident } from './resident.js';
import { Room } from './room.js';
import { encodeSidecar } from './sidecar.js';
import type { StorageDirectory } from './storage-directory.js';
import { TempBlock, type TempBlockOwner } from './temp-block.js';
import { WarmBlocks } from './warm-blocks.js';

/** Whether losing the copy may lose data or break somebody: such blocks are never victims. */
export type IsProtected = (block: Block) => boolean;

/** Told about changes that the master has to hear of. Called synchronously. */
export interface StoreListener {
  committed(block: Block): void;
  /** A block of an earlier process was found. */
  recovered(block: Block): void;
  /** The copy is not served any more; its file may last until its readers are done. */
  removed(id: BlockId, why: RemovalReason, group: number, bytes: number): void;
  /** The same of a block of which some pages were here. */
  partialRemoved?(id: BlockId, why: RemovalReason, group: number, bytes: number): void;
  /** The block is served from another directory than before. */
  moved?(block: Block, from: StorageDirectory): void;
  /** A block is to stay although it was not written to stay. */
  pinned?(block: Block): void;
  /** A directory was set aside, or is back with its blocks. */
  directoryChanged?(directory: StorageDirectory): void;
}

export interface BlockStoreOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  /** Tier by tier, the fastest first. */
  readonly directories: readonly StorageDirectory[];
  readonly folderMode: number;
  /** Blocks that must stay although nobody reads them now. */
  readonly isProtected: IsProtected;
  /** Changes when a block may have lost its protection; without it that is never known. */
  readonly protectionVersion?: () => number;
  /** Whose blocks go first; all alike when absent. */
  readonly classes?: CacheClasses;
  readonly allocator?: Allocator;
  readonly reviewer?: Reviewer;
  readonly annotator?: Annotator;
  /** Freed beyond what is needed when something has to go. */
  readonly freeAheadBytes?: number;
  /** Whether a directory that fails is set aside; on unless false. */
  readonly watchDirectories?: boolean;
  /** `host/<unresolved>:port`, as error texts name this worker. */
  readonly workerName: () => string;
  readonly listener: StoreListener;
}

export interface CreateTempOptions {
  readonly id: BlockId;
  readonly session: bigint;
  /** Bytes set aside at once. */
  readonly reserveBytes: number;
  readonly pinned?: boolean;
  readonly place?: Place;
  /** Mode of the file; for files that other users are to write. */
  readonly mode?: number;
}

export interface ReadOptions {
  /** Work of this worker's own: it is no use of the block, and nobody steps aside for it. */
  readonly background?: boolean;
}

/** A file that has every page of a block. */
export interface WholePages {
  readonly id: BlockId;
  readonly length: number;
  readonly directory: StorageDirectory;
  readonly path: string;
  readonly sums: Uint32Array;
  /** What is counted for it in the directory. */
  readonly reservedBytes: number;
}

interface RealBlock {
  readonly id: BlockId;
  /** Of the file that becomes the block's. */
  readonly path: string;
  readonly length: number;
  readonly sums: Uint32Array;
  readonly pinned: boolean;
}

export interface TierUsage {
  readonly alias: string;
  capacityBytes: number;
  usedBytes: number;
}

/** Text of Alluxio 2.9.4, which its clients may show or match. */
const DEBUG_URL = 'https://docs.alluxio.io/os/user/2.9/en/operation/Troubleshooting.html';

export class BlockStore implements TempBlockOwner {
  readonly #o: BlockStoreOptions;
  readonly #table = new BlockTable();
  readonly #room: Room;
  readonly #live: LiveBlocks;
  readonly #mover: BlockMover;
  readonly #contents: DirectoryContents;
  readonly #temps = new Map<BlockId, TempBlock | 'reserving'>();
  /** What may deserve a higher tier. */
  readonly warm = new WarmBlocks();
  readonly activity: Activity;
  readonly watch: DirectoryWatch;
  #cluster: string | undefined;

  constructor(options: BlockStoreOptions) {
    this.#o = options;
    const { clock, disk, log, directories } = options;
    directories.forEach((directory, number) => (directory.number = number));
    this.activity = new Activity(clock);
    this.#room = new Room({
      clock,
      table: this.#table,
      directories,
      allocator: options.allocator ?? allocatorOf('MaxFreeAllocator'),
      reviewer: options.reviewer ?? acceptAll,
      annotator: options.annotator ?? new LruAnnotator(),
      classes: options.classes ?? ONE_CLASS,
      freeAheadBytes: options.freeAheadBytes ?? 0,
      isProtected: (slot) => options.isProtected(this.#live.view(slot)),
      protectionVersion: () => options.protectionVersion?.(),
      evict: (slot, isAhead) => this.#dropSlot(slot, isAhead ? 'evictedAhead' : 'evicted'),
    });
    this.watch = new DirectoryWatch({
      clock,
      disk,
      log,
      directories,
      isOn: options.watchDirectories ?? true,
      onLost: async (directory) => {
        await this.#contents.lose(directory);
        options.listener.directoryChanged?.(directory);
      },
      onFound: async (directory) => {
        await this.#contents.takeBack(directory, this.#cluster);
        options.listener.directoryChanged?.(directory);
      },
    });
    const suspect = (directory: StorageDirectory, error: unknown): Promise<void> => this.watch.suspect(directory, error);
    const shared = { disk, table: this.#table, room: this.#room, suspect };
    this.#live = new LiveBlocks({ ...shared, clock, log, directories, onRemoved: (...removal) => this.#removed(...removal) });
    this.#contents = new DirectoryContents({
      ...shared,
      clock,
      log,
      folderMode: options.folderMode,
      live: this.#live,
      onRecovered: (block) => options.listener.recovered(block),
      isBeingWritten: (id) => this.#temps.has(id),
      drop: (slot, why) => this.#dropSlot(slot, why),
    });
    this.#mover = new BlockMover({
      ...shared,
      folderMode: options.folderMode,
      live: this.#live,
      onMoved: (block, from) => options.listener.moved?.(block, from),
    });
  }

  /** Finds the blocks that an earlier process left. A directory that fails is set aside, unless it is the only one left. */
  async open(): Promise<void> {
    let failure: unknown;
    for (const directory of this.#o.directories) {
      try {
        await this.#contents.find(directory);
      } catch (error) {
        // Blocks of a later version: the operator is to decide, not this version.
        if (this.#o.watchDirectories === false || kindOf(error) === 'failedPrecondition') throw error;
        failure ??= error;
        await this.watch.setAside(directory, error);
      }
    }
    if (failure !== undefined && this.#o.directories.every(({ state }) => state === 'lost')) throw failure as Error;
  }

  /**
   * Drops the blocks of directories that another cluster used, and notes this one. To be called before a master hears of any block. A
   * directory of which it cannot be told is set aside.
   */
  async belongTo(cluster: string): Promise<void> {
    this.#cluster = cluster;
    for (const directory of this.#o.directories) {
      if (directory.state === 'lost') continue;
      try {
        await this.#contents.claimFor(cluster, directory);
      } catch (error) {
        if (this.#o.watchDirectories === false) throw error;
        await this.watch.setAside(directory, error);
      }
    }
  }

  /** What the next start would have to gather from many files is written into one. Nothing may be read or written any more. */
  async close(): Promise<void> {
    for (const directory of this.#o.directories) if (directory.state !== 'lost') await this.#contents.pack(directory);
  }

  has(id: BlockId): boolean {
    return this.#live.find(id) >= 0;
  }

  get(id: BlockId): Block | undefined {
    const slot = this.#live.find(id);
    return slot < 0 ? undefined : this.#live.view(slot);
  }

  /** Whole and partial blocks, and those that leave. */
  get size(): number {
    return this.#table.size;
  }

  /** The whole blocks, from a slot on. Others may come and go between two steps: what stays is seen once. */
  *blocks(from = 0): IterableIterator<Block> {
    for (let slot = from; slot < this.#table.end; slot++) if (this.#live.isInService(slot)) yield this.#live.view(slot);
  }

  /** By tier, fastest first. A tier of which every directory is lost has no capacity. */
  usage(): TierUsage[] {
    const tiers = new Map<string, TierUsage>();
    for (const directory of this.#o.directories) {
      const tier = tiers.get(directory.tierAlias) ?? { alias: directory.tierAlias, capacityBytes: 0, usedBytes: 0 };
      if (directory.state !== 'lost') {
        tier.capacityBytes += directory.capacityBytes;
        tier.usedBytes += directory.usedBytes;
      }
      tiers.set(directory.tierAlias, tier);
    }
    return [...tiers.values()];
  }

  get directories(): readonly StorageDirectory[] {
    return this.#o.directories;
  }

  /** By tier, the directories that are set aside. */
  lostStorage(): Map<string, string[]> {
    return this.watch.lost();
  }

  /** Throws `internal` with Alluxio's text when the block is here or being written, `resourceExhausted` when nothing can make room. */
  async createTemp(options: CreateTempOptions): Promise<TempBlock> {
    const { id, reserveBytes } = options;
    if (!(reserveBytes >= 0)) throw fail('invalidArgument', `Cannot reserve ${reserveBytes} bytes for block ${id}`);
    this.activity.note();
    if (this.has(id)) throw fail('internal', `Temp blockId ${id} is not available, because it is already committed`);
    const resident = this.residentOf(id);
    if (this.#temps.has(id) || (resident === undefined ? this.#table.find(id) >= 0 : resident.holds > 0))
      throw fail('internal', `Temp blockId ${id} is not available, because it already exists`);
    this.#temps.set(id, 'reserving');
    let temp: TempBlock | undefined;
    try {
      await resident?.drop('replaced');
      const directory = await this.#room.place(options.place ?? ANY_PLACE, reserveBytes);
      if (directory === undefined) {
        throw fail(
          'resourceExhausted',
          `Not enough space left on worker ${this.#o.workerName()} to store blockId ${id}. Please consult ${DEBUG_URL} for common solutions to address this problem.`,
        );
      }
      temp = new TempBlock(this, { id, session: options.session, directory, reservedBytes: reserveBytes, pinned: options.pinned ?? false });
      this.#temps.set(id, temp);
      await this.#o.disk.makeDirectory(directory.layout.temporaryFolder(options.session), this.#o.folderMode);
      await (await this.#o.disk.open(temp.path, 'write', options.mode)).close();
      return temp;
    } catch (error) {
      if (temp === undefined) this.#temps.delete(id);
      else {
        await this.drop(temp);
        await this.watch.suspect(temp.directory, error);
      }
      throw error;
    }
  }

  /** Holds a block for reading. Throws `notFound` with Alluxio's text. */
  async read(id: BlockId, { background = false }: ReadOptions = {}): Promise<BlockReader> {
    const block = this.get(id);
    if (block === undefined) throw notHere(id);
    const { directory } = block;
    if (!background) this.use(block);
    try {
      return await this.#live.open(block);
    } catch (error) {
      await this.watch.suspect(directory, error);
      if (directory.state !== 'lost') {
        this.#o.log.error('block file unusable, copy dropped', { block: id.toString(), reason: messageOf(error) });
        this.dropDamaged(block);
      }
      throw notHere(id);
    }
  }

  /** Keeps a block and its path in place until `release`. */
  hold(block: Block): void {
    this.#live.hold(block);
  }

  release(block: Block): void {
    this.#live.release(block);
  }

  /** Keeps the block from eviction as if its writer had asked for it, until its file is persisted. */
  pin(block: Block): void {
    block.pinned = true;
    this.#o.listener.pinned?.(block);
  }

  /** Takes the block out of service at once and resolves when its file is gone, after its last reader. False when it is not here. */
  async remove(id: BlockId, why: RemovalReason = 'asked'): Promise<boolean> {
    const resident = this.residentOf(id);
    const slot = this.#table.find(id);
    if (slot < 0) return false;
    if (resident !== undefined) {
      await this.#dropSlot(slot, why);
      return true;
    }
    const leaving = this.#table.claims.get(slot)?.leaving;
    await (leaving === undefined ? this.#live.drop(slot, why) : leaving.gone);
    return true;
  }

  /** A page of the block is not what was stored: no one gets this copy any more. Does not wait for its readers. */
  dropDamaged(block: Block): void {
    if (block.isKnown && !this.#table.has(block.slot, LEAVING)) void this.#live.drop(block.slot, 'damaged');
  }

  isProtected(block: Block): boolean {
    return this.#o.isProtected(block);
  }

  /** The cache class of the block is another one now. */
  regroup(id: BlockId): void {
    const slot = this.#table.find(id);
    if (slot >= 0 && !this.#table.has(slot, LEAVING)) this.#room.regroup(slot);
  }

  /** Bytes of all blocks of a group of the cache classes, whole and partial. */
  groupBytes(group: number): number {
    return this.#room.groupBytes(group);
  }

  /**
   * Evicts blocks of these groups, the coldest first, until so many bytes are free or none may go; answers how many are. The bytes of
   * each count as free at once.
   */
  evictGroups(groups: ReadonlySet<number>, bytes: number): number {
    return this.#room.evictGroups(groups, bytes);
  }

  /** Whether the whole block or some of its pages are here. */
  isResident(id: BlockId): boolean {
    return this.has(id) || this.residentOf(id) !== undefined;
  }

  /** Of whole and partial blocks. Others may come and go between two steps: what stays is seen once. */
  *residentIds(): IterableIterator<BlockId> {
    for (let slot = 0; slot < this.#table.end; slot++)
      if (this.#table.isTaken(slot) && !this.#table.has(slot, LEAVING)) yield this.#table.idOf(slot);
  }

  /** Which block would go first in the directory; undefined when none may go, or when that is a partial one. */
  coldest(directory: StorageDirectory): Block | undefined {
    const slot = this.#room.coldest(directory);
    return slot === undefined || this.#table.residents.has(slot) ? undefined : this.#live.view(slot);
  }

  /** Whether the order of eviction has `a` go before `b`. */
  isColder(a: Block, b: Block): boolean {
    return this.#room.isBefore(a.slot, b.slot);
  }

  /** Counts a read of the block, for who does not come through `read`. */
  use(block: Block): void {
    this.activity.note();
    this.#room.used(block.slot);
    if (block.directory.tierAlias !== this.#o.directories[0]!.tierAlias) this.warm.note(block.id, false);
  }

  /** A reader asks for the block to be in the first tier from now on; that happens in the background. */
  promote(id: BlockId): void {
    const block = this.get(id);
    if (block !== undefined && block.directory.tierAlias !== this.#o.directories[0]!.tierAlias) this.warm.note(id, true);
  }

  /**
   * Moves the block to a directory of the medium, evicting others there if need be. Answers the bytes moved, 0 when it is there already.
   * Throws Alluxio's `internal` for a block that is not here, `failedPrecondition` where there is no such medium, `resourceExhausted`.
   */
  async move(id: BlockId, mediumType: string): Promise<number> {
    const block = this.get(id);
    if (block === undefined) throw fail('internal', `BlockMeta not found for blockId ${id}`);
    if (block.directory.mediumType === mediumType) return 0;
    const able = this.#o.directories.filter((directory) => directory.mediumType === mediumType && directory.state === 'serving');
    if (able.length === 0)
      throw fail('failedPrecondition', `Cannot move block ${id}: this worker has no other directory with medium "${mediumType}"`);
    return this.#mover.move(
      block,
      able.sort((a, b) => b.availableBytes - a.availableBytes),
    );
  }

  /** Moves the block if the directory has room now; otherwise nothing is done and the answer is 0. */
  moveInto(block: Block, directory: StorageDirectory): Promise<number> {
    return this.#mover.moveInto(block, directory);
  }

  // Blocks that are written.

  async grow(temp: TempBlock, bytes: number): Promise<void> {
    const { directory } = temp;
    this.activity.note();
    if (!(await this.#room.reserve(directory, bytes))) {
      throw fail(
        'resourceExhausted',
        `Failed to free ${bytes} bytes space at location ${directory.tierAlias}. Min contiguous requested: ${bytes}`,
      );
    }
    temp.reservedBytes += bytes;
  }

  openFile(temp: TempBlock): Promise<DiskFile> {
    return this.#o.disk.open(temp.path, 'update');
  }

  failed(temp: TempBlock, error: unknown): Promise<void> {
    return this.watch.suspect(temp.directory, error);
  }

  /** Sidecar first, then the rename that makes the block real: whatever lies between two crashes never looks whole. */
  async commit(temp: TempBlock, length: number, sums: Uint32Array): Promise<Block> {
    const { id, directory, pinned } = temp;
    const generation = await this.#makeReal(directory, { id, path: temp.path, length, sums, pinned });
    directory.usedBytes += length - temp.reservedBytes;
    temp.reservedBytes = 0;
    this.#temps.delete(id);
    return this.#begin(directory, { id, length, generation, pages: allPages(sums), pinned, announced: false });
  }

  async drop(temp: TempBlock): Promise<void> {
    try {
      await this.#o.disk.remove(temp.path);
      await this.#o.disk.remove(temp.directory.layout.sidecar(temp.id));
    } catch (error) {
      this.#o.log.warn('temporary block not removed', { block: temp.id.toString(), reason: messageOf(error) });
    }
    temp.directory.usedBytes -= temp.reservedBytes;
    temp.reservedBytes = 0;
    if (this.#temps.get(temp.id) === temp) this.#temps.delete(temp.id);
  }

  // Blocks of which some pages are here.

  residents(): Resident[] {
    return [...this.#table.residents.values()];
  }

  residentOf(id: BlockId): Resident | undefined {
    const slot = this.#table.find(id);
    return slot < 0 ? undefined : this.#table.residents.get(slot);
  }

  /** Sets bytes aside for the first pages of a block that may grow to `most`, evicting for them. Undefined when nothing can make room. */
  place(place: Place, bytes: number, most = bytes): Promise<StorageDirectory | undefined> {
    return this.#room.place(place, bytes, most);
  }

  /** Sets bytes aside for more pages, evicting for them; false when nothing can make room. */
  reserve(directory: StorageDirectory, bytes: number): Promise<boolean> {
    this.activity.note();
    return this.#room.reserve(directory, bytes);
  }

  /**
   * From now on the store knows the partial block, whose bytes are counted already, and may tell it to go. Throws `internal` when the block
   * is here or being written.
   */
  enter(resident: Resident): void {
    if (this.#table.find(resident.id) >= 0 || this.#temps.has(resident.id))
      throw fail('internal', `Cannot keep pages of block ${resident.id}: it is here or being written`);
    this.#room.entered(this.#table.insertPartial(resident, resident.directory.number));
  }

  /** Somebody reads pages of it. */
  touch(resident: Resident): void {
    this.activity.note();
    if (this.residentOf(resident.id) === resident) this.#room.used(this.#table.find(resident.id));
  }

  /** The partial block is none any more. Its bytes count until its owner takes them off `usedBytes`. Harmless for one that is not known. */
  leave(resident: Resident): void {
    if (this.residentOf(resident.id) !== resident) return;
    const slot = this.#table.find(resident.id);
    this.#room.left(slot);
    this.#table.erase(slot);
  }

  /**
   * The last page has come: the file becomes a block, held once for the caller, in the place of the partial one, whose bytes count for it
   * now. On failure the partial block stays.
   */
  async commitPages(made: WholePages): Promise<Block> {
    const { id, directory, length, sums, reservedBytes } = made;
    const resident = this.residentOf(id);
    const generation = await this.#makeReal(directory, { id, length, path: made.path, sums, pinned: false });
    if (resident === undefined || this.residentOf(id) !== resident) {
      await this.#live.removeFiles(directory, id);
      throw fail('aborted', `Cannot commit block ${id}: its pages went meanwhile`);
    }
    directory.usedBytes += length - reservedBytes;
    this.leave(resident);
    return this.#begin(directory, { id, length, generation, pages: allPages(sums), pinned: false, announced: false });
  }

  // One block.

  async #makeReal(directory: StorageDirectory, whole: RealBlock): Promise<bigint> {
    const { disk } = this.#o;
    const { id, length, sums, pinned, path } = whole;
    if (directory.state === 'lost') throw fail('unavailable', `Cannot commit block ${id}: its directory was set aside`);
    const generation = this.#contents.nextGeneration();
    try {
      await using sidecar = await disk.open(directory.layout.sidecar(id), 'write');
      await sidecar.write([encodeSidecar({ blockId: id, length, generation, pinned, pages: allPages(sums) })], 0);
      await disk.rename(path, directory.layout.block(id));
    } catch (error) {
      await this.watch.suspect(directory, error);
      throw error;
    }
    return generation;
  }

  #begin(directory: StorageDirectory, made: Omit<NewBlock, 'committedMs'>): Block {
    const block = this.#live.insert(directory, made);
    this.hold(block);
    this.#o.listener.committed(block);
    return block;
  }

  /** A whole or partial block goes. */
  #dropSlot(slot: number, why: RemovalReason): Promise<void> {
    const resident = this.#table.residents.get(slot);
    if (resident === undefined) return this.#live.drop(slot, why);
    this.#o.listener.partialRemoved?.(resident.id, why, this.#table.groupOf(slot), resident.bytes);
    return resident.drop(why);
  }

  #removed(id: BlockId, why: RemovalReason, group: number, bytes: number): void {
    this.warm.forget(id);
    this.#o.listener.removed(id, why, group, bytes);
  }
}

function notHere(id: BlockId): Error {
  return fail('notFound', `BlockMeta not found for blockId ${id}`);
}
