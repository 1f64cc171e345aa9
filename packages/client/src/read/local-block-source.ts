import type { Clock } from '@alluvium/base';
import { inTime, throwIfAborted } from '../abort.js';
import type { BlockSource } from './block-source.js';
import type { BlockRange } from './block-stream.js';
import type { LocalBlock } from './local-blocks.js';
import type { BlockPiece } from './read-codec.js';

const PIECE_BYTES = 1 << 20;
/** `alluxio.user.streaming.data.read.timeout`. */
const SILENCE_MS = 180_000;

/** The bytes of a range from the block's file. */
export class LocalBlockSource implements BlockSource {
  readonly #block: LocalBlock;
  readonly #clock: Clock;
  readonly #range: BlockRange;
  readonly #signal: AbortSignal | undefined;
  readonly #refuse: () => void;
  #readBytes = 0;
  #over = false;

  /** `refuse` is called when the file does not hold what it should. */
  constructor(block: LocalBlock, clock: Clock, range: BlockRange, signal: AbortSignal | undefined, refuse: () => void) {
    this.#block = block;
    this.#clock = clock;
    this.#range = range;
    this.#signal = signal;
    this.#refuse = refuse;
  }

  get closed(): boolean {
    return this.#over;
  }

  async read(): Promise<BlockPiece | undefined> {
    throwIfAborted(this.#signal);
    const { offset, lengthBytes } = this.#range;
    const wanted = Math.min(PIECE_BYTES, Number(lengthBytes) - this.#readBytes);
    const piece = Buffer.allocUnsafeSlow(wanted);
    const at = Number(offset) + this.#readBytes;
    const got = this.#block.inMemory ? this.#readNow(piece, at) : await this.#readInTime(piece, at);
    throwIfAborted(this.#signal);
    if (got < wanted) {
      this.#refuse();
      return undefined;
    }
    this.#readBytes += got;
    return { parts: [piece], lengthBytes: got };
  }

  /** 0 for a file that cannot be read: as if it were too short. */
  #readNow(piece: Uint8Array, at: number): number {
    try {
      return this.#block.file.readNow(piece, at);
    } catch {
      return 0;
    }
  }

  async #readInTime(piece: Uint8Array, at: number): Promise<number> {
    const { blockId } = this.#range;
    const reading = this.#block.file.read(piece, at);
    return await inTime(reading, this.#clock, SILENCE_MS, () => `Cannot read the file of block ${blockId}`).catch(() => 0);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#block.done();
  }
}
