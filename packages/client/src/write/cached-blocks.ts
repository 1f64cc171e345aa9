import { onceOnly } from '../master/request-options.js';
import { blockMethods, fileMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import { blockWorker } from '@alluvium/wire';
import type { WrittenBlock } from './fall-back-to-store.js';
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
  readonly #written: WrittenBlock[] = [];
  #blockId = 0n;
  #upload: WorkerUpload | undefined;
  /** Bytes that the current block still takes. */
  #room = 0n;

  constructor(context: ClientContext, file: NewFile, signal: AbortSignal) {
    this.#context = context;
    this.#file = file;
    this.#signal = signal;
  }

  /** The blocks that the master knows of, in order. */
  get written(): readonly WrittenBlock[] {
    return this.#written;
  }

  /** The bytes of the block that is being written; undefined when they are not kept. */
  get kept(): readonly Uint8Array[] | undefined {
    return this.#upload === undefined ? [] : this.#upload.kept;
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
    const upload = this.#upload;
    if (upload === undefined) return;
    const lengthBytes = BigInt(upload.sentBytes);
    await upload.finish();
    this.#written.push({ blockId: this.#blockId, lengthBytes, worker: upload.worker! });
    this.#upload = undefined;
  }

  cancel(): void {
    this.#upload?.cancel();
    this.#upload = undefined;
  }

  /** Of a block whose length is known no more is reserved. */
  async #nextBlock(length: bigint): Promise<WorkerUpload> {
    const { path, writeType, blockSizeBytes, settings } = this.#file;
    const { operationId } = onceOnly(this.#context.random);
    const { id = 0n } = await this.#context.master.unary(
      fileMethods.getNewBlockIdForFile,
      { path, options: { commonOptions: { operationId } } },
      this.#signal,
    );
    this.#blockId = id;
    this.#room = blockSizeBytes;
    const spaceToReserve = blockSizeBytes < length ? blockSizeBytes : length;
    const command: blockWorker.WriteRequestCommand = {
      type: blockWorker.RequestType.ALLUXIO_BLOCK,
      id,
      tier: 0,
      mediumType: '',
      // Until the master has it on its list of what is not persisted yet.
      pinOnCreate: writeType === 'ASYNC_THROUGH',
      spaceToReserve,
    };
    return newUpload(this.#context, {
      path,
      settings,
      command,
      lengthBytes: spaceToReserve,
      signal: this.#signal,
      // A file that goes to the store as well is whole without its blocks.
      ...(writeType === 'CACHE_THROUGH' ? {} : { budget: this.#context.kept }),
      isStored: (bytes) => this.#isCommitted(id, BigInt(bytes)),
      shortCircuit: true,
    });
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
