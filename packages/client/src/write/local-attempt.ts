// Short-circuit writing: the worker makes a file and keeps its space, this program fills it, and the worker takes it as the block.
import { AlluviumError, fail, kindOf } from '@alluvium/base';
import type { Clock } from '@alluvium/base';
import { methodsOf } from '@alluvium/net';
import type { ClientStream } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { inTime, throwIfAborted } from '../abort.js';
import { isFileOfBlock } from '../machine/block-path.js';
import type { LocalFile, LocalMachine } from '../machine/local-machine.js';
import type { ChannelLease } from '../worker/worker-channels.js';
import { FINISH_MS, STALLED_MS } from './upload-attempt.js';
import type { UploadAttempt } from './upload-attempt.js';

const { createLocalBlock } = methodsOf(blockWorker.BlockWorkerDefinition);
type Request = blockWorker.CreateLocalBlockRequest;

/** `alluxio.user.file.buffer.bytes`: reservations grow by at least this much. */
const GROW_BYTES = 8n << 20n;
/** Answers of workers that let nobody at their files. */
const REFUSALS = new Set(['unimplemented', 'notFound', 'permissionDenied']);

export interface LocalAttemptOptions {
  readonly lease: ChannelLease;
  readonly clock: Clock;
  readonly machine: LocalMachine;
  readonly command: blockWorker.WriteRequestCommand;
  readonly signal: AbortSignal;
  /** The worker's file could not be opened here. */
  readonly unshared: () => void;
}

export class LocalAttempt implements UploadAttempt {
  readonly #o: LocalAttemptOptions;
  readonly #request: Request;
  readonly #stream: ClientStream<Request, blockWorker.CreateLocalBlockResponse>;
  #file: LocalFile | undefined;
  #writtenBytes = 0;
  #reservedBytes: bigint;

  constructor(options: LocalAttemptOptions) {
    const { id = -1n, tier = 0, mediumType = '', pinOnCreate = false, spaceToReserve = 0n } = options.command;
    this.#o = options;
    this.#request = { blockId: id, tier, mediumType, pinOnCreate };
    this.#reservedBytes = spaceToReserve;
    this.#stream = options.lease.channel.stream(createLocalBlock, { signal: options.signal });
  }

  async begin(): Promise<boolean> {
    const path = await this.#path();
    if (path === undefined) return false;
    if (isFileOfBlock(path, this.#request.blockId ?? -1n)) {
      const opened = await this.#timed(this.#o.machine.open(path, 'write')).catch(() => undefined);
      if (opened !== undefined) {
        this.#file = opened;
        return true;
      }
    }
    this.#o.unshared();
    return false;
  }

  async send(chunk: Uint8Array): Promise<void> {
    const missing = BigInt(this.#writtenBytes + chunk.length) - this.#reservedBytes;
    if (missing > 0n) await this.#reserve(missing > GROW_BYTES ? missing : GROW_BYTES);
    await this.#timed(this.#file!.write(chunk, this.#writtenBytes)).catch((error: unknown) => {
      throw error instanceof AlluviumError ? error : fail('unavailable', "Cannot write to the worker's file", error);
    });
    this.#writtenBytes += chunk.length;
  }

  async end(): Promise<undefined> {
    await this.#close();
    this.#stream.end();
    for (;;) {
      const message = await inTime(
        this.#stream.read(),
        this.#o.clock,
        FINISH_MS,
        () => 'Cannot write: the worker does not say that it has the block',
      );
      if (message === undefined) return undefined;
    }
  }

  async causeOf(error: unknown): Promise<unknown> {
    throwIfAborted(this.#o.signal);
    return error;
  }

  release(): void {
    void this.#close();
    this.#o.lease.release();
  }

  cancel(): void {
    this.#stream.cancel();
    this.release();
  }

  /** Where the worker wants the block; undefined when it lets nobody at its files. */
  async #path(): Promise<string | undefined> {
    try {
      const { path = '' } = await this.#ask({ ...this.#request, spaceToReserve: this.#reservedBytes });
      return path;
    } catch (error) {
      if (REFUSALS.has(kindOf(error))) return undefined;
      throw error;
    }
  }

  async #reserve(bytes: bigint): Promise<void> {
    await this.#ask({ ...this.#request, spaceToReserve: bytes, onlyReserveSpace: true });
    this.#reservedBytes += bytes;
  }

  async #ask(request: Request): Promise<blockWorker.CreateLocalBlockResponse> {
    // What is wrong with the call is told by its answer.
    this.#stream.write(request).catch(() => undefined);
    const answer = await this.#timed(this.#stream.read());
    if (answer === undefined) throw fail('unavailable', 'The worker ended the upload before it had everything');
    return answer;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  #timed<T>(work: Promise<T>): Promise<T> {
    return inTime(work, this.#o.clock, STALLED_MS, () => 'Cannot write to a file of the worker');
  }
}
