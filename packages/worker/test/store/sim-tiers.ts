// A block store over simulated disks: MEM at /mem, SSD at /ssd1 and /ssd2, HDD at /hdd.
import { fail, kindOf, type AlluviumError, type BlockId, type Clock } from '@alluvium/base';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimClock, SimDisk } from '@alluvium/testkit';
import { BlockStore, type BlockStoreOptions } from '@alluvium/worker/store/block-store.js';
import type { Block } from '@alluvium/worker/store/block.js';
import { StorageDirectory } from '@alluvium/worker/store/storage-directory.js';
import { patterned } from '../fakes/client-calls.js';

export const KIB = 1024;

export interface Sizes {
  readonly mem?: number;
  readonly ssd1?: number;
  readonly ssd2?: number;
  readonly hdd?: number;
}

export class Tiers {
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly sizes: Sizes;
  /** What the listener was told, one line each. */
  readonly told: string[] = [];
  readonly protectedIds = new Set<bigint>();
  store!: BlockStore;

  constructor(sizes: Sizes, disk = new SimDisk(new SeededRandom(1)), clock = new SimClock()) {
    this.sizes = sizes;
    this.disk = disk;
    this.clock = clock;
  }

  /** Starts the store, over what is on the disk. */
  async open(options: Partial<BlockStoreOptions> = {}): Promise<this> {
    const { clock, disk, told } = this;
    this.store = new BlockStore({
      clock: clock as Clock,
      disk: disk.mount(),
      log: silentLogger,
      directories: directories(this.sizes),
      folderMode: 0o777,
      isProtected: (block) => this.protectedIds.has(block.id),
      workerName: () => 'here',
      listener: {
        committed: () => undefined,
        recovered: ({ id }) => told.push(`recovered ${id}`),
        removed: (id, why) => told.push(`${why} ${id}`),
        moved: ({ id, directory }, from) => told.push(`moved ${id} ${from.path} ${directory.path}`),
        directoryChanged: ({ path, state }) => told.push(`${path} ${state}`),
      },
      ...options,
    });
    await this.store.open();
    return this;
  }

  directory(path: string): StorageDirectory {
    return this.store.directories.find((directory) => directory.path === path)!;
  }

  async put(id: number, length: number, mediumType = '', pinned = false): Promise<void> {
    const temp = await this.store.createTemp({
      id: BigInt(id) as BlockId,
      session: 9n,
      reserveBytes: length,
      pinned,
      place: { tier: 0, mediumType },
    });
    try {
      await temp.write([patterned(length, id)]);
    } catch (error) {
      await temp.abort();
      throw error;
    }
    this.store.release(await temp.commit());
  }

  async touch(id: number): Promise<void> {
    (await this.store.read(BigInt(id) as BlockId)).close();
  }

  /** Whether a read gives what was written. */
  async isWhole(id: number): Promise<boolean> {
    const reader = await this.store.read(BigInt(id) as BlockId);
    try {
      const out = Buffer.alloc(reader.block.length);
      await reader.file.read(out, 0);
      return out.equals(patterned(out.length, id));
    } finally {
      reader.close();
    }
  }

  /** The blocks by directory. */
  where(): Record<string, number[]> {
    const out: Record<string, number[]> = {};
    for (const { id, directory } of this.store.blocks()) (out[directory.path] ??= []).push(Number(id));
    for (const ids of Object.values(out)) ids.sort((a, b) => a - b);
    return out;
  }

  block(id: number): Block {
    return this.store.get(BigInt(id) as BlockId)!;
  }

  /** The block files on the disk. */
  files(): string[] {
    return this.disk.paths().filter((path) => /\/alluxioworker\/\d+$/.test(path));
  }

  /** Calls on anything below `path` fail, except what `works` names. */
  break(path: string, error: () => AlluviumError, works: (verb: string) => boolean = () => false): void {
    this.disk.failpoint = (call) => (call.path.startsWith(`${path}/`) && !works(call.verb) ? error() : undefined);
  }

  mend(): void {
    this.disk.failpoint = undefined;
  }
}

export const inputOutputError = (): AlluviumError => fail('dataLoss', 'EIO');

export async function kindOfFailure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return kindOf(error);
  }
}

function directories(sizes: Sizes): StorageDirectory[] {
  const all = [
    ['/mem', 'MEM', sizes.mem],
    ['/ssd1', 'SSD', sizes.ssd1],
    ['/ssd2', 'SSD', sizes.ssd2],
    ['/hdd', 'HDD', sizes.hdd],
  ] as const;
  return all.flatMap(([path, tierAlias, capacityBytes]) =>
    capacityBytes === undefined
      ? []
      : [new StorageDirectory({ path, tierAlias, mediumType: tierAlias, capacityBytes, dataFolder: 'alluxioworker' })],
  );
}
