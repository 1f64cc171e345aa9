// A block that is being written. Nobody can read it, evict it or see it at the master before its commit.
import { fail, type BlockId } from '@alluvium/base';
import type { DiskFile } from '@alluvium/platform';
import { PageSummer } from './pages.js';
import type { Block } from './block.js';
import type { StorageDirectory } from './storage-directory.js';

/** What a temporary block asks of its store. */
export interface TempBlockOwner {
  /** Adds to the reservation; throws `resourceExhausted`. */
  grow(temp: TempBlock, bytes: number): Promise<void>;
  openFile(temp: TempBlock): Promise<DiskFile>;
  commit(temp: TempBlock, length: number, sums: Uint32Array): Promise<Block>;
  drop(temp: TempBlock): Promise<void>;
  /** The disk has failed a call on the temporary block. */
  failed(temp: TempBlock, error: unknown): Promise<void>;
}

/** Reservations grow by at least this much, so that small chunks do not ask for space one by one. */
const GROW_STEP_BYTES = 1 << 20;
/** What another process wrote is read in pieces of this size. */
const COPY_BYTES = 1 << 20;

export interface TempBlockOptions {
  readonly id: BlockId;
  readonly session: bigint;
  readonly directory: StorageDirectory;
  readonly reservedBytes: number;
  /** Keep the block after its commit until its file is persisted. */
  readonly pinned: boolean;
}

/** One writer, one call at a time. Ends with exactly one of `commit` and `abort`; a second `abort` is harmless. */
export class TempBlock {
  readonly id: BlockId;
  readonly directory: StorageDirectory;
  readonly path: string;
  readonly pinned: boolean;
  reservedBytes: number;
  readonly #owner: TempBlockOwner;
  readonly #summer = new PageSummer();
  #file: DiskFile | undefined;
  #ended = false;

  constructor(owner: TempBlockOwner, options: TempBlockOptions) {
    this.#owner = owner;
    this.id = options.id;
    this.directory = options.directory;
    this.path = options.directory.layout.temporaryBlock(options.session, options.id);
    this.pinned = options.pinned;
    this.reservedBytes = options.reservedBytes;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#summer.length;
  }

  /** Appends. The views are free again when the promise resolves. Throws `resourceExhausted` when the store is full. */
  async write(parts: readonly Uint8Array[]): Promise<void> {
    this.#mustBeOpen();
    let bytes = 0;
    for (const part of parts) bytes += part.length;
    const position = this.length;
    await this.reserve(position + bytes);
    try {
      this.#file ??= await this.#owner.openFile(this);
      await this.#file.write(parts, position);
    } catch (error) {
      await this.#owner.failed(this, error);
      throw error;
    }
    for (const part of parts) this.#summer.update(part);
  }

  /** Makes sure that the block can grow to `bytes`. */
  async reserve(bytes: number): Promise<void> {
    this.#mustBeOpen();
    if (bytes <= this.reservedBytes) return;
    await this.#owner.grow(this, Math.max(bytes - this.reservedBytes, GROW_STEP_BYTES));
  }

  /** Closes the file until the next write: a stream that waits for its file to be closed holds no descriptor. */
  async rest(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Makes it a block of the store, held once for the caller. On failure the temporary block is gone. */
  async commit(): Promise<Block> {
    return this.#end(async () => {
      await this.rest();
      return this.#owner.commit(this, this.length, this.#summer.sums());
    });
  }

  /** Commits what another process wrote into the file: its length counts, and its sums are made by reading it once. */
  async commitForeign(): Promise<Block> {
    return this.#end(async () => {
      await this.rest();
      await using file = await this.#owner.openFile(this);
      const length = await file.length();
      if (length > this.reservedBytes) await this.#owner.grow(this, length - this.reservedBytes);
      const buffer = Buffer.allocUnsafe(COPY_BYTES);
      for (let position = 0; position < length; position = this.length) {
        const n = await file.read(buffer.subarray(0, Math.min(COPY_BYTES, length - position)), position);
        if (n === 0) throw fail('aborted', `Cannot commit block ${this.id}: its file shrank while it was read`);
        this.#summer.update(buffer.subarray(0, n));
      }
      return await this.#owner.commit(this, length, this.#summer.sums());
    });
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.rest().catch(() => undefined);
    await this.#owner.drop(this);
  }

  async #end(commit: () => Promise<Block>): Promise<Block> {
    this.#mustBeOpen();
    this.#ended = true;
    try {
      return await commit();
    } catch (error) {
      await this.#owner.drop(this);
      throw error;
    }
  }

  #mustBeOpen(): void {
    if (this.#ended) throw fail('failedPrecondition', `Cannot write block ${this.id}: its writer has ended`);
  }
}
