// The journal in a local directory:
//   epochs/<16 hex>                      empty files, one per claimed epoch
//   segments/<first sequence>-<epoch>.seg
//   checkpoints/<sequence>-<epoch>.ckp   written as .tmp, renamed when durable
//   reserve                              space kept back for a full disk
import { AlluviumError, fail, kindOf, messageOf } from '@alluvium/base';
import type { Disk, DiskSpace } from '@alluvium/platform';
import { NamedDisk, type AroundDiskCall, type NamedFile } from './disk-calls.js';
import type { CheckpointName, CheckpointWriter, JournalStorage, SegmentName, SegmentWriter } from './storage.js';

/** Epoch files this far behind are removed; a writer that slept through so many starts would not notice it was fenced. */
const EPOCHS_KEPT = 10_000;
const READ_BYTES = 1 << 20;
/** So much of a checkpoint is made durable at a time: commits do not wait behind a gigabyte of it. */
const CHECKPOINT_SYNC_BYTES = 8 << 20;

/**
 * A segment grows by so much at a time, in zeros: an fdatasync of bytes inside the file leaves its size and blocks alone, and so
 * needs no commit of the file system's own journal (measured on ext4: half the time, two thirds of the CPU).
 */
const GROWTH_BYTES = 1 << 20;

const hex = (n: number): string => n.toString(16).padStart(16, '0');

/** `growthBytes`: by how much a segment grows at a time, 1 MiB unless told. `around` goes around each call of the disk. */
export function localDirectoryStorage(disk: Disk, directory: string, growthBytes = GROWTH_BYTES, around?: AroundDiskCall): JournalStorage {
  return new LocalDirectoryStorage(new NamedDisk(disk, around), directory, growthBytes);
}

class LocalDirectoryStorage implements JournalStorage {
  readonly #disk: NamedDisk;
  readonly #directory: string;
  readonly #growthBytes: number;
  /** That are there for sure, also after a crash. */
  readonly #folders = new Set<string>();

  constructor(disk: NamedDisk, directory: string, growthBytes: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#growthBytes = growthBytes;
  }

  describe(name: SegmentName | CheckpointName): string {
    return 'firstSequence' in name ? this.#segment(name) : this.#checkpoint(name);
  }

  async sizeOf(name: SegmentName | CheckpointName): Promise<number | undefined> {
    return (await this.#disk.stat('firstSequence' in name ? 'segment.look' : 'checkpoint.look', this.describe(name)))?.length;
  }

  space(): Promise<DiskSpace> {
    return this.#disk.space('space.look', this.#directory);
  }

  async claimEpoch(): Promise<number> {
    const directory = await this.#folder('epochs');
    for (;;) {
      const names = (await this.#disk.list('epoch.list', directory)).map((entry) => entry.name);
      const claimed = names.filter((name) => /^[0-9a-f]{16}$/.test(name)).map((name) => Number.parseInt(name, 16));
      const next = Math.max(0, ...claimed) + 1;
      try {
        await (await this.#disk.open('epoch.create', this.#epoch(next), 'create')).close('epoch.close');
      } catch (error) {
        if (error instanceof AlluviumError && error.kind === 'alreadyExists') continue;
        throw error;
      }
      await this.#disk.syncDirectory('epoch.sync-directory', directory);
      for (const epoch of claimed) if (epoch < next - EPOCHS_KEPT) await this.#disk.remove('epoch.remove', this.#epoch(epoch));
      return next;
    }
  }

  /** The next claimer takes exactly the next number, so one look is enough. */
  async isFenced(epoch: number): Promise<boolean> {
    return (await this.#disk.stat('epoch.look', this.#epoch(epoch + 1))) !== undefined;
  }

  async segments(): Promise<SegmentName[]> {
    return (await this.#names('segment.list', 'segments', '.seg')).map(([firstSequence, epoch]) => ({ firstSequence, epoch }));
  }

  async readSegment(name: SegmentName): Promise<Buffer> {
    await using file = await this.#disk.open('segment.open', this.#segment(name), 'read');
    const bytes = Buffer.allocUnsafe(await file.length());
    for (let at = 0; at < bytes.length;) {
      const read = await this.#readAt(file, bytes.subarray(at, at + READ_BYTES), at);
      if (read === 0) return bytes.subarray(0, at);
      at += read;
    }
    return bytes;
  }

  async #readAt(file: NamedFile, into: Buffer, at: number): Promise<number> {
    try {
      return await file.read('segment.read', into, at);
    } catch (error) {
      const text = `Cannot read the journal: the disk does not give "${file.path}" at byte ${at}: ${messageOf(error)}; nothing was changed. Look at the disk; then start again, restore the file from a copy, or keep what can be read with "alluvium journal salvage"`;
      throw fail(kindOf(error), text, error);
    }
  }

  async createSegment(name: SegmentName): Promise<SegmentWriter> {
    const directory = await this.#folder('segments');
    const file = await this.#disk.open('segment.create', this.#segment(name), 'create');
    await this.#disk.syncDirectory('segment.sync-directory', directory);
    return new LocalSegmentWriter(file, this.#growthBytes);
  }

  async rewriteSegment(name: SegmentName, bytes: Uint8Array, position: number): Promise<void> {
    await using file = await this.#disk.open('segment.reopen', this.#segment(name), 'update');
    await file.write('segment.rewrite', [bytes], position);
  }

  async syncSegment(name: SegmentName): Promise<void> {
    await using file = await this.#disk.open('segment.reopen', this.#segment(name), 'update');
    await file.sync('segment.settle');
  }

  async truncateSegment(name: SegmentName, length: number): Promise<void> {
    await using file = await this.#disk.open('segment.reopen', this.#segment(name), 'update');
    await file.truncate('segment.cut-tail', length);
    await file.sync('segment.sync-tail');
  }

  removeSegment(name: SegmentName): Promise<void> {
    return this.#disk.remove('segment.remove', this.#segment(name));
  }

  async checkpoints(): Promise<CheckpointName[]> {
    return (await this.#names('checkpoint.list', 'checkpoints', '.ckp')).map(([sequence, epoch]) => ({ sequence, epoch }));
  }

  async *readCheckpoint(name: CheckpointName): AsyncIterable<Buffer> {
    await using file = await this.#disk.open('checkpoint.open', this.#checkpoint(name), 'read');
    for (let position = 0; ;) {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const read = await file.read('checkpoint.read', buffer, position);
      if (read === 0) return;
      position += read;
      yield buffer.subarray(0, read);
    }
  }

  async createCheckpoint(name: CheckpointName): Promise<CheckpointWriter> {
    const directory = await this.#folder('checkpoints');
    const temporary = `${this.#checkpoint(name)}.tmp`;
    const file = await this.#disk.open('checkpoint.create', temporary, 'write');
    return new LocalCheckpointWriter(this.#disk, directory, temporary, this.#checkpoint(name), file);
  }

  removeCheckpoint(name: CheckpointName): Promise<void> {
    return this.#disk.remove('checkpoint.remove', this.#checkpoint(name));
  }

  async reserve(bytes: number): Promise<boolean> {
    const path = `${this.#directory}/reserve`;
    if ((await this.#disk.stat('reserve.look', path))?.length === bytes) return true;
    // Looked at first: a disk that stays full is asked again and again. One that cannot tell is tried.
    const space = await this.space().catch(() => undefined);
    if (space !== undefined && space.availableBytes < bytes) return false;
    try {
      await using file = await this.#disk.open('reserve.create', path, 'write');
      const zeros = Buffer.alloc(Math.min(bytes, READ_BYTES));
      for (let at = 0; at < bytes; at += zeros.length)
        await file.write('reserve.write', [zeros.subarray(0, Math.min(zeros.length, bytes - at))], at);
      await file.sync('reserve.sync');
      return true;
    } catch (error) {
      await this.#disk.remove('reserve.remove', path);
      if (error instanceof AlluviumError && error.kind === 'resourceExhausted') return false;
      throw error;
    }
  }

  releaseReserve(): Promise<void> {
    return this.#disk.remove('reserve.remove', `${this.#directory}/reserve`);
  }

  async cleanUp(): Promise<void> {
    const directory = await this.#folder('checkpoints');
    for (const { name } of await this.#disk.list('leftover.list', directory))
      if (name.endsWith('.tmp')) await this.#disk.remove('leftover.remove', `${directory}/${name}`);
  }

  async #folder(name: string): Promise<string> {
    const path = `${this.#directory}/${name}`;
    if (!this.#folders.has(path)) {
      // Also when it is there already: a process that was killed may have made it, in memory alone.
      if (this.#folders.size === 0) await makeDurable(this.#disk, this.#directory);
      await this.#disk.makeDirectory('directory.make', path);
      await this.#disk.syncDirectory('directory.sync', this.#directory);
      this.#folders.add(path);
    }
    return path;
  }

  async #names(call: 'segment.list' | 'checkpoint.list', folder: string, suffix: string): Promise<[number, number][]> {
    const out: [number, number][] = [];
    for (const { name } of await this.#disk.list(call, await this.#folder(folder))) {
      const match = /^([0-9a-f]{16})-([0-9a-f]{16})(\.\w+)$/.exec(name);
      if (match !== null && match[3] === suffix) out.push([Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)]);
    }
    return out;
  }

  #epoch(epoch: number): string {
    return `${this.#directory}/epochs/${hex(epoch)}`;
  }

  #segment(name: SegmentName): string {
    return `${this.#directory}/segments/${hex(name.firstSequence)}-${hex(name.epoch)}.seg`;
  }

  #checkpoint(name: CheckpointName): string {
    return `${this.#directory}/checkpoints/${hex(name.sequence)}-${hex(name.epoch)}.ckp`;
  }
}

/** Makes a directory that is there after a crash, with its parents, also those that a killed process has just made. */
async function makeDurable(disk: NamedDisk, path: string): Promise<void> {
  await disk.makeDirectory('directory.make', path);
  for (let at = path; at !== ''; at = parentOf(at)) {
    try {
      await disk.syncDirectory('directory.sync', parentOf(at) || '/');
    } catch (error) {
      // Far up are directories of others, which this process may not even be able to open.
      if (at === path || !(error instanceof AlluviumError)) throw error;
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

class LocalCheckpointWriter implements CheckpointWriter {
  #position = 0;
  #synced = 0;
  #renamed = false;
  readonly #disk: NamedDisk;
  readonly #directory: string;
  readonly #temporary: string;
  readonly #final: string;
  readonly #file: NamedFile;

  constructor(disk: NamedDisk, directory: string, temporary: string, final: string, file: NamedFile) {
    this.#disk = disk;
    this.#directory = directory;
    this.#temporary = temporary;
    this.#final = final;
    this.#file = file;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    await this.#file.write('checkpoint.write', parts, this.#position);
    for (const part of parts) this.#position += part.length;
    if (this.#position - this.#synced < CHECKPOINT_SYNC_BYTES) return;
    await this.#file.sync('checkpoint.sync');
    this.#synced = this.#position;
  }

  async commit(check?: () => Promise<void>): Promise<void> {
    await this.#file.sync('checkpoint.sync');
    // It is read back: from the disk, not from memory.
    this.#file.forget();
    await this.#file.close('checkpoint.close');
    await check?.();
    await this.#disk.rename('checkpoint.rename', this.#temporary, this.#final);
    this.#renamed = true;
    await this.#disk.syncDirectory('checkpoint.sync-directory', this.#directory);
  }

  async abort(): Promise<void> {
    // A close that failed before fails again.
    await Promise.allSettled([this.#file[Symbol.asyncDispose]()]);
    await this.#disk.remove('checkpoint.discard', this.#temporary);
    if (this.#renamed) await this.#disk.remove('checkpoint.remove', this.#final);
  }
}

class LocalSegmentWriter implements SegmentWriter {
  readonly #file: NamedFile;
  readonly #growthBytes: number;
  #allocated = 0;
  #end = 0;

  constructor(file: NamedFile, growthBytes: number) {
    this.#file = file;
    this.#growthBytes = growthBytes;
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    const end = parts.reduce((sum, part) => sum + part.length, position);
    if (end > this.#allocated) {
      const allocated = Math.ceil(end / this.#growthBytes) * this.#growthBytes;
      try {
        await this.#file.write('segment.write', [...parts, Buffer.alloc(allocated - end)], position);
        this.#allocated = allocated;
        this.#end = end;
        return;
      } catch (error) {
        // What there is room for is still written.
        if (kindOf(error) !== 'resourceExhausted') throw error;
      }
    }
    await this.#file.write('segment.write', parts, position);
    this.#end = end;
  }

  sync(): Promise<void> {
    return this.#file.sync('segment.sync');
  }

  /** The zeros behind the last record go; should they stay, a start passes over them. */
  async close(): Promise<void> {
    try {
      if (this.#allocated > this.#end) await this.#file.truncate('segment.trim', this.#end);
    } catch (error) {
      // The zeros do no harm, whatever the disk says of them: what counts was synced before.
      if (!(error instanceof AlluviumError)) throw error;
    }
    await this.#file.close('segment.close');
  }
}
