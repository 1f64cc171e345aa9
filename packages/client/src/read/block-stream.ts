import { fail } from '@alluvium/base';
import type { Clock } from '@alluvium/base';
import type { ClientStream } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import { inTime } from '../abort.js';
import type { ChannelLease } from '../worker/worker-channels.js';
import type { BlockSource } from './block-source.js';
import { readBlockMethod } from './read-codec.js';
import type { BlockPiece } from './read-codec.js';

/** `alluxio.user.streaming.reader.chunk.size.bytes`. */
const CHUNK_BYTES = 1n << 20n;
/** `alluxio.user.streaming.data.read.timeout`. */
const SILENCE_MS = 180_000;
/** `alluxio.user.streaming.reader.close.timeout`. */
const FAREWELL_MS = 5000;

export interface BlockRange {
  readonly blockId: bigint;
  /** Inside the block. */
  readonly offset: bigint;
  readonly lengthBytes: bigint;
}

/** One ReadBlock call: the bytes of a range in order, as fast as they are asked for. */
export class BlockStream implements BlockSource {
  readonly #clock: Clock;
  readonly #lease: ChannelLease;
  readonly #request: blockWorker.ReadRequest;
  readonly #stream: ClientStream<blockWorker.ReadRequest, BlockPiece>;
  readonly #range: BlockRange;
  #received = 0n;
  #over = false;

  constructor(
    lease: ChannelLease,
    clock: Clock,
    range: BlockRange,
    further: Pick<blockWorker.ReadRequest, 'promote' | 'positionShort' | 'openUfsBlockOptions'>,
    signal: AbortSignal | undefined,
  ) {
    this.#clock = clock;
    this.#lease = lease;
    this.#range = range;
    this.#request = { blockId: range.blockId, offset: range.offset, length: range.lengthBytes, chunkSize: CHUNK_BYTES, ...further };
    this.#stream = lease.channel.stream(readBlockMethod, signal === undefined ? {} : { signal });
    this.#stream.write(this.#request).catch(ignore);
  }

  get closed(): boolean {
    return this.#over;
  }

  /** The next piece, never an empty one, of a range that has not come whole. Rejects when the worker sends less, or more. */
  async read(): Promise<BlockPiece> {
    const { lengthBytes, blockId } = this.#range;
    // Says what has arrived, so that a worker that waits for it sends on.
    if (this.#received > 0n) this.#stream.write({ ...this.#request, offsetReceived: this.#range.offset + this.#received }).catch(ignore);
    for (;;) {
      const piece = await inTime(this.#stream.read(), this.#clock, SILENCE_MS, () => `Cannot read block ${blockId}`);
      if (piece === undefined)
        throw fail(
          'outOfRange',
          `Block ${blockId} has ${this.#range.offset + this.#received} bytes; ${this.#range.offset + lengthBytes} wanted`,
        );
      this.#received += BigInt(piece.lengthBytes);
      if (this.#received > lengthBytes)
        throw fail('internal', `Block ${blockId}: the worker sent more than the ${lengthBytes} bytes asked for`);
      if (piece.lengthBytes > 0) return piece;
    }
  }

  /** Ends the call, in the middle or at its end. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#received < this.#range.lengthBytes) this.#end();
    else void this.#farewell();
  }

  /**
   * All bytes are here, but the worker is not through: a cancellation now would make it throw away what it was about to
   * cache. Its OK is awaited, by nobody else.
   */
  async #farewell(): Promise<void> {
    this.#stream.end();
    try {
      await inTime(this.#stream.read(), this.#clock, FAREWELL_MS, () => `Cannot end the read of block ${this.#range.blockId}`);
    } catch {
      // The bytes were read all the same.
    }
    this.#end();
  }

  #end(): void {
    this.#stream.cancel();
    this.#lease.release();
  }
}

function ignore(): void {}
