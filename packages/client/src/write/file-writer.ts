// The write path of the client: bytes are gathered into chunks, and each chunk goes to the cache, to the under store, or to both.
import { AlluviumError, fail } from '@alluvium/base';
import type { ClientContext, Shutdown } from '../operations/context.js';
import { CachedBlocks } from './cached-blocks.js';
import { completeFile } from './complete-file.js';
import type { UfsResult } from './complete-file.js';
import { discardFile } from './discard-file.js';
import { fallBackToStore } from './fall-back-to-store.js';
import type { NewFile } from './new-file.js';
import { ufsFile } from './ufs-file.js';
import type { WorkerUpload } from './worker-upload.js';
import type { WritableFile } from './writable-file.js';
import { writeStream } from './write-stream.js';

/** `alluxio.user.streaming.writer.chunk.size.bytes`. */
const CHUNK_BYTES = 1 << 20;

type State = 'open' | 'closed' | 'aborted';

export class FileWriter implements WritableFile, Shutdown {
  readonly path: string;
  readonly #context: ClientContext;
  #file: NewFile;
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.abort().catch(() => undefined);
  #blocks: CachedBlocks | undefined;
  #ufs: WorkerUpload | undefined;
  #state: State = 'open';
  #chunk: Buffer | undefined;
  #filled = 0;
  #written = 0n;
  /** Calls run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #aborting: Promise<void> | undefined;

  constructor(context: ClientContext, file: NewFile, signal: AbortSignal | undefined) {
    this.path = file.path;
    this.#context = context;
    this.#file = file;
    const { writeType } = file;
    if (writeType !== 'THROUGH') this.#blocks = new CachedBlocks(context, file, this.#ending.signal);
    if (writeType === 'THROUGH' || writeType === 'CACHE_THROUGH') this.#ufs = ufsFile(context, file, this.#ending.signal);
    this.#signal = signal;
    context.open.add(this);
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get writtenBytes(): bigint {
    return this.#written;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn('write', () => this.#take(bytes));
  }

  close(): Promise<void> {
    this.#closing ??= this.#inTurn('close', () => this.#complete());
    return this.#closing;
  }

  abort(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    this.#aborting ??= this.#discard();
    return this.#aborting;
  }

  stream(): WritableStream<Uint8Array> {
    return writeStream(this);
  }

  async shutdown(): Promise<void> {
    await this.abort().catch(() => undefined);
  }

  /** Runs `action` after the calls before it. When it fails the file is given up. */
  #inTurn(what: string, action: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      if (this.#state !== 'open') throw this.#refusal(what);
      try {
        await action();
      } catch (error) {
        await this.abort().catch(() => undefined);
        throw this.#signal?.aborted === true ? this.#refusal(what) : error;
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #refusal(what: string): AlluviumError {
    if (this.#signal?.aborted === true) return fail('cancelled', 'Aborted by the caller', this.#signal.reason);
    return fail('failedPrecondition', `Cannot ${what} "${this.path}": it is ${this.#state}`);
  }

  async #take(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const room = this.#roomInChunk();
      this.#chunk ??= Buffer.allocUnsafeSlow(room);
      const size = Math.min(bytes.length - at, this.#chunk.length - this.#filled);
      this.#chunk.set(bytes.subarray(at, at + size), this.#filled);
      this.#filled += size;
      this.#written += BigInt(size);
      at += size;
      if (this.#filled === this.#chunk.length) await this.#send();
    }
  }

  /** No chunk crosses the end of a block. */
  #roomInChunk(): number {
    const { blockSizeBytes } = this.#file;
    const left = blockSizeBytes - (this.#written % blockSizeBytes);
    return left < CHUNK_BYTES ? Number(left) : CHUNK_BYTES;
  }

  async #send(last = false): Promise<void> {
    const chunk = this.#chunk!.subarray(0, this.#filled);
    this.#chunk = undefined;
    this.#filled = 0;
    await Promise.all([this.#cached((blocks) => blocks.write(chunk, last)), this.#ufs?.write(chunk)]);
  }

  async #complete(): Promise<void> {
    if (this.#filled > 0) await this.#send(true);
    // Without the store in it: it may come in now, when a worker turns out to be full.
    if (this.#ufs === undefined) await this.#cached((blocks) => blocks.finish());
    let ufs: UfsResult | undefined;
    if (this.#ufs !== undefined) {
      const answer = await this.#ufs.finish();
      ufs = { lengthBytes: this.#written, contentHash: answer?.contentHash };
    }
    await this.#cached((blocks) => blocks.finish());
    await completeFile(this.#context, this.#file, ufs, this.#ending.signal);
    this.#state = 'closed';
    this.#release();
  }

  /**
   * A file that goes to the under store as well is whole without its blocks: failing to cache is then no failure. One that was to go
   * there later goes there now when no worker has room for it.
   */
  async #cached(action: (blocks: CachedBlocks) => Promise<void>): Promise<void> {
    const blocks = this.#blocks;
    if (blocks === undefined) return;
    try {
      await action(blocks);
    } catch (error) {
      if (this.#ending.signal.aborted || !(error instanceof AlluviumError)) throw error;
      if (this.#ufs === undefined) await this.#fallBack(blocks, error);
      blocks.cancel();
      this.#blocks = undefined;
    }
  }

  async #fallBack(blocks: CachedBlocks, error: AlluviumError): Promise<void> {
    const { writeType, settings } = this.#file;
    const { kept, written } = blocks;
    if (writeType !== 'ASYNC_THROUGH' || !settings.throughWhenFull || error.kind !== 'resourceExhausted' || kept === undefined) throw error;
    try {
      const { file, ufs } = await fallBackToStore(this.#context, this.#file, written, kept, this.#ending.signal);
      this.#file = file;
      this.#ufs = ufs;
    } catch (inner) {
      if (!(inner instanceof AlluviumError)) throw inner;
      throw fail(inner.kind, `${inner.message}; no worker had room for the file, which was to go to its store`, inner);
    }
  }

  async #discard(): Promise<void> {
    this.#state = 'aborted';
    this.#ending.abort(fail('cancelled', `"${this.path}" was given up`));
    this.#blocks?.cancel();
    this.#ufs?.cancel();
    this.#chunk = undefined;
    this.#release();
    await discardFile(this.#context, this.#file);
  }

  #release(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#context.open.delete(this);
  }
}
