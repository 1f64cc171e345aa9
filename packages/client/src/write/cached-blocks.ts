import { Backoff } from '../backoff.js';
import { onceOnly } from '../master/request-options.js';
import { blockMethods, fileMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import { blockWorker } from '@alluvium/wire';
import type { NewFile } from './new-file.js';
import { newUpload } from './new-upload.js';
import type { WorkerUpload } from './worker-upload.js';

/** `alluxio.user.file.reserved.bytes`. */
const MOST_RESERVED = 64n << 20n;

/** The part of a file that goes into the cache: one block after the other, each on a worker of its own. */
export class CachedBlocks {
  readonly #context: ClientContext;
  readonly #file: NewFile;
  readonly #signal: AbortSignal;
  #upload: WorkerUpload | undefined;
  /** Bytes that the current block still takes. */
  #room = 0n;

  constructor(context: ClientContext, file: NewFile, signal: AbortSignal) {
    this.#context = context;
    this.#file = file;
    this.#signal = signal;
  }

  /** `chunk` ends in the block that it begins in; `last`: the file ends with it. */
  async write(chunk: Uint8Array, last: boolean): Promise<void> {
    this.#upload ??= await this.#nextBlock(last ? BigInt(chunk.length) : MOST_RESERVED);
    await this.#upload.write(chunk);
    this.#room -= BigInt(chunk.length);
    if (this.#room === 0n) await this.finish();
  }

  /** Resolves when the master knows of every block. */
  async finish(): Promise<void> {
    await this.#upload?.finish();
    this.#upload = undefined;
  }

  cancel(): void {
    this.#upload?.cancel();
    this.#upload = undefined;
  }

  /** Of a block whose length is known no more is reserved. */
  async #nextBlock(length: bigint): Promise<WorkerUpload> {
    const { path, writeType, blockSizeBytes } = this.#file;
    const { operationId } = onceOnly(this.#context.random);
    const { id } = await this.#context.master.unary(
      fileMethods.getNewBlockIdForFile,
      { path, options: { commonOptions: { operationId } } },
      this.#signal,
    );
    this.#room = blockSizeBytes;
    const spaceToReserve = blockSizeBytes < length ? blockSizeBytes : length;
    const command: blockWorker.WriteRequestCommand = {
      type: blockWorker.RequestType.ALLUXIO_BLOCK,
      id: id ?? 0n,
      tier: 0,
      mediumType: '',
      // Until the master has it on its list of what is not persisted yet.
      pinOnCreate: writeType === 'ASYNC_THROUGH',
      spaceToReserve,
    };
    const { clock, random, retry } = this.#context;
    const isStored = (bytes: number): Promise<boolean> => this.#isCommitted(id ?? 0n, BigInt(bytes));
    return newUpload(this.#context, path, command, new Backoff(retry, clock, random), this.#signal, isStored);
  }

  /** Whether the master knows the block with all of its bytes: the worker's own word was lost. */
  async #isCommitted(blockId: bigint, bytes: bigint): Promise<boolean> {
    try {
      const { blockInfo } = await this.#context.master.unary(blockMethods.getBlockInfo, { blockId, options: {} }, this.#signal);
      return blockInfo?.length === bytes && (blockInfo.locations ?? []).length > 0;
    } catch {
      return false;
    }
  }
}
