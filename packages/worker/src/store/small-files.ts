// Many small files in a row: read in the calling thread as long as that is quick, a slice at a time, and by the pool while the disk has
// to be waited for.
import { sleep, type Clock } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';

/** Files that are read in one stretch of the event loop. */
const SLICE = 64;
/** A stretch that takes longer is of a disk that does not have the files in memory, or of a busy machine ... */
const SLOW_MS = 25;
/** ... and so many files are left to the pool before the next one is tried. */
const FILES_BY_POOL = 256;

export class SmallFiles {
  readonly #disk: Disk;
  readonly #clock: Clock;
  #read = 0;
  #startedMs: number;
  #byPool = 0;
  #resting: Promise<void> | undefined;

  constructor(disk: Disk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
  }

  async read(path: string): Promise<Buffer> {
    while (this.#resting !== undefined) await this.#resting;
    if (this.#byPool > 0 || this.#disk.readFileNow === undefined) {
      this.#byPool--;
      return this.#disk.readFile(path);
    }
    const bytes = this.#disk.readFileNow(path);
    const isSlow = this.#clock.monotonicMs() - this.#startedMs > SLOW_MS;
    if (isSlow) this.#byPool = FILES_BY_POOL;
    if (++this.#read === SLICE || isSlow) this.#rest();
    return bytes;
  }

  #rest(): void {
    this.#resting = sleep(this.#clock, 0).then(() => {
      this.#resting = undefined;
      this.#read = 0;
      this.#startedMs = this.#clock.monotonicMs();
    });
  }
}
