// The blocks of this worker: what is here, what is being written, what makes room. All bookkeeping is synchronous; awaits
// happen only around files.
import { fail, messageOf, type BlockId, type Clock } from '@alluvium/base';
import type { Disk, DiskFile, Logger } from '@alluvium/platform';
import { BlockReader } from './block-reader.js';
import { Block, type Leaving, type NewBlock } from './block.js';
import { ONE_CLASS, type CacheClasses } from './cache-classes.js';
import { chooseVictims, type IsProtected } from './eviction.js';
import { allPages } from './pages.js';
import { ANY_PLACE, placementOrder, type Place } from './placement.js';
import { readOwner, writeOwner } from './owner.js';
import { recoverDirectory, type FoundBlock } from './recover.js';
import type { RemovalReason } from './resident.js';
import { encodeSidecar } from './sidecar.js';
import type { StorageDirectory } from './storage-directory.js';
import { TempBlock, type TempBlockOwner } from './temp-block.js';

/** Told about changes that the master has to hear of. Called synchronously. */
export interface StoreListener {
  committed(block: Block): void;
  /** A block of an earlier process was found. */
  recovered(block: Block): void;
  /** The copy is not served any more; its file may last until its readers are done. */
  removed(id: BlockId, why: RemovalReason): void;
  /** The block is served from another directory than before. */
  moved?(block: Block, from: StorageDirectory): void;
}

export interface BlockStoreOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly directories: readonly StorageDirectory[];
  readonly folderMode: number;
  /** Blocks that must stay although nobody reads them now. */
  readonly isProtected: IsProtected;
  /** Whose blocks go first; all alike when absent. */
  readonly classes?: CacheClasses;
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

export interface TierUsage {
  readonly alias: string;
  capacityBytes: number;
  usedBytes: number;
}

/** Text of Alluxio 2.9.4, which its clients may show or match. */
const DEBUG_URL = 'https://docs.alluxio.io/os/user/2.9/en/operation/Troubleshooting.html';

export class BlockStore implements TempBlockOwner {
  readonly #o: BlockStoreOptions;
  /** Least recently used first. */
  readonly #blocks = new Map<BlockId, Block>();
  readonly #leaving = new Map<BlockId, Block>();
  readonly #temps = new Map<BlockId, TempBlock | 'reserving'>();
  #generation = 1n;

  constructor(options: BlockStoreOptions) {
    this.#o = options;
  }

  /** Finds the blocks that an earlier process left. */
  async open(): Promise<void> {
    const { disk, log, folderMode, directories } = this.#o;
    for (const directory of directories) {
      for (const found of await recoverDirectory(directory, { disk, log, folderMode })) await this.#adopt(directory, found);
    }
  }

  /** Drops the blocks of directories that another cluster used, and notes this one. To be called before a master hears of any block. */
  async belongTo(cluster: string): Promise<void> {
    const { disk, log, directories } = this.#o;
    for (const directory of directories) {
      const owner = await readOwner(disk, directory.layout);
      if (owner === cluster) continue;
      const foreign = [...this.#blocks.values()].filter((block) => block.directory === directory);
      if (foreign.length > 0) log.warn('blocks of another cluster dropped', { directory: directory.path, blocks: foreign.length, owner });
      await Promise.all(foreign.map((block) => this.remove(block.id)));
      await writeOwner(disk, directory.layout, cluster);
    }
  }

  has(id: BlockId): boolean {
    return this.#blocks.has(id);
  }

  get(id: BlockId): Block | undefined {
    return this.#blocks.get(id);
  }

  blocks(): IterableIterator<Block> {
    return this.#blocks.values();
  }

  /** By tier, fastest first. */
  usage(): TierUsage[] {
    const tiers = new Map<string, TierUsage>();
    for (const directory of this.#o.directories) {
      const tier = tiers.get(directory.tierAlias) ?? { alias: directory.tierAlias, capacityBytes: 0, usedBytes: 0 };
      tier.capacityBytes += directory.capacityBytes;
      tier.usedBytes += directory.usedBytes;
      tiers.set(directory.tierAlias, tier);
    }
    return [...tiers.values()];
  }

  /** Throws `internal` with Alluxio's text when the block is here or being written, `resourceExhausted` when nothing can make room. */
  async createTemp(options: CreateTempOptions): Promise<TempBlock> {
    const { id, reserveBytes } = options;
    if (!(reserveBytes >= 0)) throw fail('invalidArgument', `Cannot reserve ${reserveBytes} bytes for block ${id}`);
    if (this.#blocks.has(id)) throw fail('internal', `Temp blockId ${id} is not available, because it is already committed`);
    if (this.#temps.has(id) || this.#leaving.has(id))
      throw fail('internal', `Temp blockId ${id} is not available, because it already exists`);
    this.#temps.set(id, 'reserving');
    let temp: TempBlock | undefined;
    try {
      const directory = await this.#place(options.place ?? ANY_PLACE, reserveBytes);
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
      else await this.drop(temp);
      throw error;
    }
  }

  /** Holds a block for reading. Throws `notFound` with Alluxio's text. */
  async read(id: BlockId): Promise<BlockReader> {
    const block = this.#blocks.get(id);
    if (block === undefined) throw notHere(id);
    this.#blocks.delete(id);
    this.#blocks.set(id, block);
    this.hold(block);
    try {
      block.file ??= this.#openBlockFile(block);
      return new BlockReader(block, await block.file, (held) => this.release(held));
    } catch (error) {
      block.file = undefined;
      this.release(block);
      this.#o.log.error('block file unusable, copy dropped', { block: id.toString(), reason: messageOf(error) });
      this.dropDamaged(block);
      throw notHere(id);
    }
  }

  /** Keeps a block and its path in place until `release`. */
  hold(block: Block): void {
    block.holds++;
  }

  release(block: Block): void {
    block.holds--;
    if (block.holds > 0) return;
    const file = block.file;
    block.file = undefined;
    file?.then((open) => open.close()).catch((error: unknown) => this.#o.log.warn('block file not closed', { reason: messageOf(error) }));
    block.leaving?.unheld();
  }

  /** Takes the block out of service at once and resolves when its file is gone, after its last reader. False when it is not here. */
  async remove(id: BlockId, why: RemovalReason = 'asked'): Promise<boolean> {
    const block = this.#blocks.get(id);
    if (block !== undefined) this.#drop(block, why);
    const leaving = (block ?? this.#leaving.get(id))?.leaving;
    await leaving?.gone;
    return leaving !== undefined;
  }

  /** A page of the block is not what was stored: no one gets this copy any more. Does not wait for its readers. */
  dropDamaged(block: Block): void {
    if (this.#blocks.get(block.id) === block) this.#drop(block, 'damaged');
  }

  isProtected(block: Block): boolean {
    return this.#o.isProtected(block);
  }

  async grow(temp: TempBlock, bytes: number): Promise<void> {
    const { directory } = temp;
    if (!(await this.#reserve(directory, bytes))) {
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

  /** Sidecar first, then the rename that makes the block real: whatever lies between two crashes never looks whole. */
  async commit(temp: TempBlock, length: number, sums: Uint32Array): Promise<Block> {
    const { id, directory, pinned } = temp;
    const generation = this.#generation++;
    const pages = allPages(sums);
    await using sidecar = await this.#o.disk.open(directory.layout.sidecar(id), 'write');
    await sidecar.write([encodeSidecar({ blockId: id, length, generation, pinned, pages })], 0);
    await this.#o.disk.rename(temp.path, directory.layout.block(id));
    directory.usedBytes += length - temp.reservedBytes;
    temp.reservedBytes = 0;
    this.#temps.delete(id);
    const block = this.#insert(directory, { id, length, generation, pages, pinned, announced: false });
    this.hold(block);
    this.#o.listener.committed(block);
    return block;
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

  async #place(place: Place, bytes: number): Promise<StorageDirectory | undefined> {
    for (const directory of placementOrder(this.#o.directories, place)) {
      if (await this.#reserve(directory, bytes)) return directory;
    }
    return undefined;
  }

  /** Sets bytes aside, evicting for them. The claim stands before the first await, so two callers never share the same room. */
  async #reserve(directory: StorageDirectory, bytes: number): Promise<boolean> {
    const missing = bytes - directory.availableBytes;
    const victims =
      missing <= 0 ? [] : chooseVictims(this.#blocks.values(), directory, missing, this.#o.isProtected, this.#o.classes ?? ONE_CLASS);
    if (victims === undefined) return false;
    for (const victim of victims) this.#drop(victim, 'evicted');
    directory.usedBytes += bytes;
    for (const victim of victims) await victim.leaving?.gone;
    return true;
  }

  /** Synchronous up to where an unheld block's bytes count as free. */
  #drop(block: Block, why: RemovalReason): void {
    this.#blocks.delete(block.id);
    this.#leaving.set(block.id, block);
    let unheld = (): void => undefined;
    const waited = new Promise<void>((resolve) => (unheld = resolve));
    const gone = block.holds === 0 ? this.#unlink(block) : waited.then(() => this.#unlink(block));
    block.leaving = { gone, unheld } satisfies Leaving;
    this.#o.listener.removed(block.id, why);
  }

  async #unlink(block: Block): Promise<void> {
    const { directory, id } = block;
    directory.usedBytes -= block.length;
    for (const path of [directory.layout.block(id), directory.layout.sidecar(id)]) {
      // Either one gone is enough for the other not to be taken for a block at the next start.
      await this.#o.disk
        .remove(path)
        .catch((error: unknown) => this.#o.log.warn('block file not removed', { block: id.toString(), reason: messageOf(error) }));
    }
    this.#leaving.delete(id);
  }

  /** A block found twice, in two directories, is kept once: a second copy would never be served. */
  async #adopt(directory: StorageDirectory, { sidecar }: FoundBlock): Promise<void> {
    if (this.#blocks.has(sidecar.blockId)) {
      await this.#o.disk.remove(directory.layout.block(sidecar.blockId));
      await this.#o.disk.remove(directory.layout.sidecar(sidecar.blockId));
      return;
    }
    directory.usedBytes += sidecar.length;
    if (sidecar.generation >= this.#generation) this.#generation = sidecar.generation + 1n;
    this.#o.listener.recovered(this.#insert(directory, { ...sidecar, id: sidecar.blockId, announced: true }));
  }

  #insert(directory: StorageDirectory, made: Omit<NewBlock, 'committedMs'>): Block {
    const block = new Block(directory, { ...made, committedMs: this.#o.clock.monotonicMs() });
    this.#blocks.set(block.id, block);
    return block;
  }

  /** The length is looked at once: a mapped file that is too short would end the process. */
  async #openBlockFile(block: Block): Promise<DiskFile> {
    const file = await this.#o.disk.open(block.directory.layout.block(block.id), 'read');
    const length = await file.length();
    if (length === block.length) return file;
    await file.close();
    throw fail('dataLoss', `Cannot read block ${block.id}: its file has ${length} bytes; ${block.length} wanted`);
  }
}

function notHere(id: BlockId): Error {
  return fail('notFound', `BlockMeta not found for blockId ${id}`);
}
