// The partly cached blocks of this worker, by id: made, found again after a restart, written down, and made whole.
import { messageOf, type BlockId, type Clock, type Timer } from '@alluvium/base';
import type { Disk, Logger } from '@alluvium/platform';
import type { WholePages } from '../store/block-store.js';
import type { Block } from '../store/block.js';
import { blockIdOfName } from '../store/layout.js';
import { pageCountOf } from '../store/pages.js';
import { ANY_PLACE, type Place } from '../store/placement.js';
import type { Resident } from '../store/resident.js';
import type { StorageDirectory } from '../store/storage-directory.js';
import type { UfsBlock } from '../under/ufs-block.js';
import type { BlockCommits } from '../write/commit-block.js';
import { PartialBlock } from './partial-block.js';
import { decodePartialSidecar, encodePartialSidecar } from './partial-sidecar.js';

/** The block store as partly cached blocks see it. */
export interface Room {
  readonly directories: readonly StorageDirectory[];
  has(id: BlockId): boolean;
  /** The directory for a new block, in which `bytes` are then set aside, for one that may grow to `most`; undefined when nothing can make room. */
  place(place: Place, bytes: number, most?: number): Promise<StorageDirectory | undefined>;
  /** Sets more bytes aside, making room for them. */
  reserve(directory: StorageDirectory, bytes: number): Promise<boolean>;
  enter(resident: Resident): void;
  touch(resident: Resident): void;
  leave(resident: Resident): void;
  /** The file becomes a block, held once for the caller, in the place of the partial one. */
  commitPages(made: WholePages): Promise<Block>;
  readonly watch: { suspect(directory: StorageDirectory, error: unknown): Promise<void> };
}

interface Dependencies {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly room: Room;
  readonly commits: BlockCommits;
  readonly onDamage: () => void;
}

/** Readers wait for the commit; a master that is away must not hold them long. */
const COMMIT_TIMEOUT_MS = 5000;
/** What was fetched for longer than this is found again after a crash. */
const WRITE_DOWN_AFTER_MS = 2000;
/** Of the blocks, not of what is here of them: bounds the memory for bitmaps and sums, to some 64 MiB. */
const MAX_PAGES = 1 << 24;
const PARALLEL = 8;

export class PartialBlocks {
  readonly #d: Dependencies;
  /** Least recently opened first. */
  readonly #blocks = new Map<BlockId, PartialBlock>();
  readonly #opening = new Map<BlockId, Promise<PartialBlock | undefined>>();
  readonly #unwritten = new Set<PartialBlock>();
  readonly #ready = new Set<StorageDirectory>();
  #pages = 0;
  #serial = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  get(id: BlockId): PartialBlock | undefined {
    return this.#blocks.get(id);
  }

  /** The block, held once for the caller; undefined when there is no room for it. */
  async open(source: UfsBlock, version: string, place: Place = ANY_PLACE): Promise<PartialBlock | undefined> {
    for (;;) {
      const known = this.#blocks.get(source.id);
      if (known?.isOf(source) === true && known.version === version) return this.#use(known);
      if (known !== undefined) void known.drop('replaced');
      let opening = this.#opening.get(source.id);
      if (opening === undefined) {
        opening = this.#create(source, version, place).finally(() => this.#opening.delete(source.id));
        this.#opening.set(source.id, opening);
      }
      const made = await opening;
      if (made === undefined) return undefined;
      if (made.isLive && made.isOf(source) && made.version === version) return this.#use(made);
    }
  }

  /** Makes it whole when every page is here. Settles when the master knows it; false when it is not kept. */
  commit(partial: PartialBlock): Promise<boolean> {
    partial.committed ??= this.#commit(partial);
    return partial.committed;
  }

  /** Finds what an earlier process left. To be called once, after the whole blocks were found. */
  async recover(): Promise<void> {
    for (const directory of this.#d.room.directories) {
      if (directory.state === 'lost') continue;
      try {
        await this.#recoverDirectory(directory);
      } catch (error) {
        this.#d.log.warn('pages not found again', { directory: directory.path, reason: messageOf(error) });
      }
    }
  }

  /** Writes down what is not yet. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#writing;
    await this.#writeDown();
  }

  #use(partial: PartialBlock): PartialBlock {
    this.#blocks.delete(partial.id);
    this.#blocks.set(partial.id, partial);
    this.#d.room.touch(partial);
    partial.hold();
    return partial;
  }

  async #create(source: UfsBlock, version: string, place: Place): Promise<PartialBlock | undefined> {
    const { room, disk, log } = this.#d;
    let path: string | undefined;
    try {
      const directory = await room.place(place, 0, source.length);
      if (directory === undefined || room.has(source.id)) return undefined;
      if (!this.#ready.has(directory)) {
        await disk.makeDirectory(directory.layout.partial);
        this.#ready.add(directory);
      }
      path = `${directory.layout.partial}/${source.id}-${this.#serial++}`;
      await (await disk.open(path, 'write')).close();
      return this.#enter(new PartialBlock({ source, version, directory, path }, this.#surroundings()));
    } catch (error) {
      log.debug('pages not kept', { block: source.id.toString(), reason: messageOf(error) });
      if (path !== undefined) await disk.remove(path).catch(() => undefined);
      return undefined;
    }
  }

  #enter(partial: PartialBlock): PartialBlock {
    this.#d.room.enter(partial);
    this.#blocks.set(partial.id, partial);
    this.#pages += pageCountOf(partial.map.length);
    for (const other of this.#blocks.values()) {
      if (this.#pages <= MAX_PAGES) break;
      if (other !== partial && other.holds === 0) void other.drop('evicted');
    }
    return partial;
  }

  #surroundings() {
    const { disk, log, room } = this.#d;
    return {
      disk,
      log,
      changed: (partial: PartialBlock) => this.#changed(partial),
      diskFailed: (partial: PartialBlock, error: unknown) => {
        log.warn('pages given up', { block: partial.id.toString(), reason: messageOf(error) });
        void room.watch.suspect(partial.directory, error);
      },
      pageDamaged: (partial: PartialBlock, page: number) => {
        this.#d.onDamage();
        log.error('damaged page of a partly cached block', { block: partial.id.toString(), page });
      },
    };
  }

  #changed(partial: PartialBlock): void {
    if (!partial.isLive) {
      this.#unwritten.delete(partial);
      if (this.#blocks.get(partial.id) !== partial) return;
      this.#blocks.delete(partial.id);
      this.#pages -= pageCountOf(partial.map.length);
      this.#d.room.leave(partial);
      return;
    }
    this.#unwritten.add(partial);
    this.#timer ??= this.#d.clock.schedule(WRITE_DOWN_AFTER_MS, () => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#writeDown());
    });
  }

  async #commit(partial: PartialBlock): Promise<boolean> {
    const { room, commits, log, disk } = this.#d;
    const { id, directory, path, map, sidecarPath } = partial;
    partial.hold();
    try {
      const whole = { id, length: map.length, directory, path, sums: map.pages.sums, reservedBytes: partial.bytes };
      await commits.commitPages(
        room.commitPages(whole).then((block) => {
          partial.handOver();
          return block;
        }),
        COMMIT_TIMEOUT_MS,
      );
      return true;
    } catch (error) {
      log.warn('fetched block not committed', { block: id.toString(), reason: messageOf(error) });
      void partial.drop('asked');
      return false;
    } finally {
      partial.release();
      await disk.remove(sidecarPath).catch(() => undefined);
    }
  }

  async #writeDown(): Promise<void> {
    const pending = [...this.#unwritten];
    this.#unwritten.clear();
    const write = async (): Promise<void> => {
      for (let partial = pending.pop(); partial !== undefined; partial = pending.pop()) await this.#writeSidecar(partial);
    };
    await Promise.all(Array.from({ length: PARALLEL }, write));
  }

  /** What it says of pages was so before it was written: they are in the file. */
  async #writeSidecar(partial: PartialBlock): Promise<void> {
    const { disk, log } = this.#d;
    if (!partial.isLive || partial.map.missing === partial.map.count) return;
    const temporary = `${partial.sidecarPath}.tmp`;
    partial.hold();
    try {
      {
        await using file = await disk.open(temporary, 'write');
        await file.write([encodePartialSidecar({ source: partial.source, version: partial.version, pages: partial.map.pages })], 0);
      }
      if (partial.isLive && partial.committed === undefined) await disk.rename(temporary, partial.sidecarPath);
      else await disk.remove(temporary);
    } catch (error) {
      log.warn('pages not written down', { block: partial.id.toString(), reason: messageOf(error) });
    } finally {
      partial.release();
    }
  }

  async #recoverDirectory(directory: StorageDirectory): Promise<void> {
    const { disk } = this.#d;
    const folder = directory.layout.partial;
    await disk.makeDirectory(folder);
    this.#ready.add(directory);
    const names = new Set((await disk.list(folder)).filter((entry) => entry.kind === 'file').map((entry) => entry.name));
    const pending = [...names].filter((name) => !name.endsWith('.meta'));
    const check = async (): Promise<void> => {
      for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
        names.delete(name);
        names.delete(`${name}.meta`);
        if (!(await this.#adopt(directory, `${folder}/${name}`))) {
          await disk.remove(`${folder}/${name}`);
          await disk.remove(`${folder}/${name}.meta`);
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, check));
    for (const orphan of names) await disk.remove(`${folder}/${orphan}`);
  }

  async #adopt(directory: StorageDirectory, path: string): Promise<boolean> {
    const { disk, room } = this.#d;
    const serial = /\/(\d+)-(\d+)$/.exec(path);
    if (serial === null) return false;
    this.#serial = Math.max(this.#serial, Number(serial[2]) + 1);
    const meta = `${path}.meta`;
    if ((await disk.stat(meta)) === undefined) return false;
    const found = decodePartialSidecar(await disk.readFile(meta), meta);
    if (found === undefined || found.source.id !== blockIdOfName(serial[1]!) || room.has(found.source.id)) return false;
    if (this.#blocks.has(found.source.id)) return false;
    const { source, version, pages } = found;
    const partial = new PartialBlock({ source, version, directory, path, pages }, this.#surroundings());
    if (partial.map.missing === 0) return false;
    partial.bytes = partial.map.presentBytes;
    directory.usedBytes += partial.bytes;
    this.#enter(partial);
    return true;
  }
}
