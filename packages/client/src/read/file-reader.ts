import { fail } from '@alluvium/base';
import { throwIfAborted } from '../abort.js';
import type { FileStatus } from '../file-status.js';
import type { Cancellable } from '../file-system.js';
import type { ClientContext, Shutdown } from '../operations/context.js';
import { AskForCaching } from './ask-for-caching.js';
import { LocalBlocks } from './local-blocks.js';
import type { OpenBlocks } from './open-blocks.js';
import { readBlocks } from './read-blocks.js';
import type { BlockPiece } from './read-codec.js';
import type { ReadableFile, ReadRange } from './readable-file.js';
import { readStream } from './read-stream.js';

export class FileReader implements ReadableFile, Shutdown {
  readonly status: FileStatus;
  readonly #context: ClientContext;
  readonly #blocks: OpenBlocks;
  readonly #caching: AskForCaching;
  readonly #local: LocalBlocks;
  /** The reads that are under way. */
  readonly #active = new Set<AbortController>();
  #closed = false;

  constructor(context: ClientContext, status: FileStatus, blocks: OpenBlocks) {
    this.status = status;
    this.#context = context;
    this.#blocks = blocks;
    this.#caching = new AskForCaching(context, blocks);
    this.#local = new LocalBlocks(context, blocks);
    context.open.add(this);
  }

  async readAt(offset: bigint, into: Uint8Array, { signal }: Cancellable = {}): Promise<number> {
    const end = this.#endOf(offset, BigInt(into.length));
    let filled = 0;
    for await (const { parts } of this.#pieces(offset, end, true, signal)) {
      for (const part of parts) {
        into.set(part, filled);
        filled += part.length;
      }
    }
    return filled;
  }

  async *chunks({ offset = 0n, length, signal }: ReadRange = {}): AsyncGenerator<Uint8Array, void, void> {
    const end = this.#endOf(offset, length ?? this.status.lengthBytes);
    for await (const piece of this.#pieces(offset, end, false, signal)) yield ownBytes(piece);
  }

  stream(range: ReadRange = {}): ReadableStream<Uint8Array> {
    return readStream((signal) => this.chunks({ ...range, signal }), range.signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#context.open.delete(this);
    for (const read of this.#active) read.abort(fail('cancelled', `"${this.status.path}" is closed`));
    this.#local.close();
  }

  async shutdown(): Promise<void> {
    await this.close();
  }

  #endOf(offset: bigint, length: bigint): bigint {
    if (offset < 0n || length < 0n)
      throw fail('invalidArgument', `Cannot read "${this.status.path}": offset ${offset} and length ${length} may not be negative`);
    const end = offset + length;
    return end < this.status.lengthBytes ? end : this.status.lengthBytes;
  }

  async *#pieces(start: bigint, end: bigint, positioned: boolean, signal: AbortSignal | undefined): AsyncGenerator<BlockPiece, void, void> {
    if (this.#closed) throw fail('failedPrecondition', `Cannot read "${this.status.path}": it is closed`);
    throwIfAborted(signal);
    const scope = new AbortController();
    const onAbort = (): void => scope.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#active.add(scope);
    const plan = {
      context: this.#context,
      blocks: this.#blocks,
      positioned,
      signal: scope.signal,
      local: this.#local,
      done: this.#caching.after.bind(this.#caching),
    };
    try {
      yield* readBlocks(plan, start, end);
    } finally {
      this.#active.delete(scope);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

/** The bytes of a piece in memory that nobody else has. */
function ownBytes({ parts, lengthBytes }: BlockPiece): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first!.buffer.byteLength === lengthBytes ? first! : Buffer.concat(parts, lengthBytes);
}
