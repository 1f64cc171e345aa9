// Whether the directories still hold what is written to them. One that fails is set aside, so that the others serve on, and is taken back
// when it is whole again.
import { fail, kindOf, messageOf, sleep, type Clock } from '@alluvium/base';
import type { Disk, Logger } from '@alluvium/platform';
import type { StorageDirectory } from './storage-directory.js';

export interface DirectoryWatchOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly directories: readonly StorageDirectory[];
  /** Whether directories are looked at from time to time, and not only when a call on one has failed. */
  readonly isOn: boolean;
  /** The directory is lost: its blocks are to leave the index. Its state says so already. */
  readonly onLost: (directory: StorageDirectory) => Promise<void>;
  /** Its disk takes and gives bytes again: its blocks are to be found. Throws when it is not to be used yet. */
  readonly onFound: (directory: StorageDirectory) => Promise<void>;
}

const CHECK_EVERY_MS = 10_000;
/** What a probe writes. */
const PROBE_BYTES = 4096;
/** Free on the disk before a full directory takes blocks again, unless that is more than a tenth of its quota. */
const ROOM_TO_REOPEN_BYTES = 64 << 20;

export class DirectoryWatch {
  readonly #o: DirectoryWatchOptions;
  readonly #stop = new AbortController();
  readonly #checking = new Map<StorageDirectory, Promise<void>>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: DirectoryWatchOptions) {
    this.#o = options;
  }

  start(): void {
    if (this.#o.isOn) this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(fail('cancelled', 'The worker stops'));
    await this.#running;
    await Promise.all(this.#checking.values());
  }

  /** By tier, the paths that are lost. */
  lost(): Map<string, string[]> {
    const out = new Map<string, string[]>();
    for (const { state, tierAlias, path } of this.#o.directories) {
      if (state === 'lost') out.set(tierAlias, [...(out.get(tierAlias) ?? []), path]);
    }
    return out;
  }

  /** A call on the directory has failed. Resolves when it is known whether that is the directory's fault; does not throw. */
  async suspect(directory: StorageDirectory, error: unknown): Promise<void> {
    if (!this.#o.isOn || !isOfDisk(error)) return;
    if (kindOf(error) === 'resourceExhausted') this.#full(directory, error);
    else if (directory.state !== 'lost') await this.check(directory);
  }

  /** No block of the directory is known from now on. */
  async setAside(directory: StorageDirectory, error: unknown): Promise<void> {
    if (directory.state === 'lost') return;
    directory.state = 'lost';
    this.#o.log.error('storage directory set aside', { directory: directory.path, kind: kindOf(error), reason: messageOf(error) });
    await this.#o.onLost(directory);
  }

  /** Looks at the directory now, or joins who does. Does not throw. */
  check(directory: StorageDirectory): Promise<void> {
    let checking = this.#checking.get(directory);
    if (checking === undefined) {
      checking = this.#check(directory).finally(() => this.#checking.delete(directory));
      this.#checking.set(directory, checking);
    }
    return checking;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(this.#o.clock, CHECK_EVERY_MS, signal).catch(() => undefined);
      if (!signal.aborted) await Promise.all(this.#o.directories.map((directory) => this.check(directory)));
    }
  }

  async #check(directory: StorageDirectory): Promise<void> {
    try {
      // One call in many that fails is no failed disk.
      await this.#probe(directory).catch(() => this.#probe(directory));
      if (directory.state === 'full') await this.#reopen(directory);
      if (directory.state !== 'lost') return;
      await this.#o.onFound(directory);
      this.#o.log.info('storage directory taken back', { directory: directory.path });
    } catch (error) {
      if (directory.state === 'lost')
        this.#o.log.debug('storage directory still aside', { directory: directory.path, reason: messageOf(error) });
      else if (kindOf(error) === 'resourceExhausted') this.#full(directory, error);
      else await this.setAside(directory, error);
    }
  }

  /**
   * What was written comes back. The folder of the blocks is not made anew: where a disk is unmounted, another one would be filled in
   * its place.
   */
  async #probe({ layout }: StorageDirectory): Promise<void> {
    const { disk } = this.#o;
    if ((await disk.stat(layout.sidecars))?.kind !== 'directory') throw fail('notFound', `"${layout.sidecars}" is gone`);
    const written = Buffer.alloc(PROBE_BYTES, 0x5a);
    {
      await using file = await disk.open(layout.probe, 'update');
      await file.write([written], 0);
      await file.sync();
      const read = Buffer.alloc(PROBE_BYTES);
      if ((await file.read(read, 0)) !== PROBE_BYTES || !read.equals(written))
        throw fail('dataLoss', `"${layout.probe}" does not hold what was written to it`);
    }
    await disk.remove(layout.probe);
  }

  #full(directory: StorageDirectory, error: unknown): void {
    if (directory.state !== 'serving') return;
    directory.state = 'full';
    this.#o.log.warn('storage directory takes no more blocks: its disk is full', { directory: directory.path, reason: messageOf(error) });
  }

  async #reopen(directory: StorageDirectory): Promise<void> {
    const { availableBytes } = await this.#o.disk.space(directory.layout.root);
    if (availableBytes < Math.min(ROOM_TO_REOPEN_BYTES, directory.capacityBytes / 10)) return;
    directory.state = 'serving';
    this.#o.log.info('storage directory takes blocks again', { directory: directory.path });
  }
}

/** Whether a failure may be the disk's; the others are of the caller or of this program. */
export function isOfDisk(error: unknown): boolean {
  switch (kindOf(error)) {
    case 'dataLoss':
    case 'permissionDenied':
    case 'notFound':
    case 'resourceExhausted':
    case 'failedPrecondition':
    case 'unknown':
      return true;
    default:
      return false;
  }
}
