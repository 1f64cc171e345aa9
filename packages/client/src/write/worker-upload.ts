// One WriteBlock call, on whichever worker takes it. Workers say nothing before the end, so what has been sent is kept for a
// while and sent again to another worker when the first one fails early; after that a failure is the caller's.
import { AlluviumError, fail } from '@alluvium/base';
import type { Clock } from '@alluvium/base';
import type { ClientStream } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import { inTime, throwIfAborted } from '../abort.js';
import type { ChannelLease, WorkerChannels } from '../worker/worker-channels.js';
import type { WorkerSearch } from '../worker/worker-search.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import { writeBlockMethod } from './write-codec.js';
import type { WriteMessage } from './write-codec.js';

/** Bytes of an upload that can be repeated. */
const KEPT_BYTES = 4 << 20;
const LEAST_RESERVED_BYTES = 1 << 20;
/** `alluxio.user.streaming.data.write.timeout`. */
const STALLED_MS = 180_000;
/** `alluxio.user.streaming.writer.close.timeout`. */
const FINISH_MS = 1_800_000;

export interface UploadOptions {
  readonly command: blockWorker.WriteRequestCommand;
  readonly channels: WorkerChannels;
  readonly clock: Clock;
  readonly search: WorkerSearch;
  readonly signal: AbortSignal;
  /** Whether this many bytes have arrived although no worker says so: the answer to an upload may be lost. */
  readonly isStored?: (bytes: number) => Promise<boolean>;
}

interface Attempt {
  readonly worker: WorkerTarget;
  readonly lease: ChannelLease;
  readonly stream: ClientStream<WriteMessage, blockWorker.WriteResponse>;
}

export class WorkerUpload {
  readonly #o: UploadOptions;
  /** Undefined once too much was sent. */
  #kept: Uint8Array[] | undefined = [];
  #sentBytes = 0;
  #attempt: Attempt | undefined;

  constructor(options: UploadOptions) {
    this.#o = options;
  }

  /** Sends a chunk, which is the upload's from now on. Resolves when there is room for another. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#keep(chunk);
    const attempt = this.#attempt;
    if (attempt === undefined) return await this.#repeat();
    try {
      await this.#send(attempt, { chunk });
    } catch (error) {
      const cause = await this.#causeOf(attempt, error);
      this.#giveUp(attempt, cause);
      await this.#again(cause);
    }
  }

  /** Resolves when the worker has it all: its last message, if there is one. */
  async finish(): Promise<blockWorker.WriteResponse | undefined> {
    if (this.#attempt === undefined) await this.#repeat();
    let last: blockWorker.WriteResponse | undefined;
    for (let done = false; !done;) {
      const attempt = this.#attempt!;
      try {
        last = await this.#end(attempt);
        done = true;
      } catch (error) {
        const cause = await this.#causeOf(attempt, error);
        this.#giveUp(attempt, cause);
        done = (await this.#isStored()) || !(await this.#repeated(cause));
      }
    }
    this.#attempt?.lease.release();
    this.#attempt = undefined;
    this.#kept = undefined;
    return last;
  }

  /** The worker drops what it has. Harmless when the upload is over. */
  cancel(): void {
    this.#attempt?.stream.cancel();
    this.#attempt?.lease.release();
    this.#attempt = undefined;
    this.#kept = undefined;
  }

  #keep(chunk: Uint8Array): void {
    this.#sentBytes += chunk.length;
    if (this.#sentBytes <= KEPT_BYTES) this.#kept?.push(chunk);
    else this.#kept = undefined;
  }

  /** After a failure: when all that was sent is still here, another worker gets it. */
  async #again(cause: unknown): Promise<void> {
    if (this.#kept === undefined) throw cause;
    await this.#repeat();
  }

  /** Whether another worker has it all now; false when it has turned out meanwhile that there is no need. */
  async #repeated(cause: unknown): Promise<boolean> {
    try {
      await this.#again(cause);
      return true;
    } catch (error) {
      if (await this.#isStored()) return false;
      throw error;
    }
  }

  async #isStored(): Promise<boolean> {
    return (await this.#o.isStored?.(this.#sentBytes)) ?? false;
  }

  /** Finds a worker that takes everything that was sent so far. */
  async #repeat(): Promise<void> {
    const { channels, search, signal } = this.#o;
    for (;;) {
      const worker = await search.next();
      const lease = channels.lease(worker);
      const attempt: Attempt = { worker, lease, stream: lease.channel.stream(writeBlockMethod, { signal }) };
      this.#attempt = attempt;
      try {
        await this.#send(attempt, { command: this.#command() });
        for (const chunk of this.#kept ?? []) await this.#send(attempt, { chunk });
        return;
      } catch (error) {
        this.#giveUp(attempt, await this.#causeOf(attempt, error));
      }
    }
  }

  /** Space for the whole block is asked for first; when nobody has it, for what is there to be sent: the rest may find room. */
  #command(): blockWorker.WriteRequestCommand {
    const { command, search } = this.#o;
    const modest = BigInt(Math.max(this.#sentBytes, LEAST_RESERVED_BYTES));
    if (search.round === 0 || modest >= (command.spaceToReserve ?? 0n)) return command;
    return { ...command, spaceToReserve: modest };
  }

  async #send({ stream }: Attempt, message: WriteMessage): Promise<void> {
    await inTime(stream.write(message), this.#o.clock, STALLED_MS, () => 'Cannot write: the worker takes no more bytes');
  }

  async #end({ stream }: Attempt): Promise<blockWorker.WriteResponse | undefined> {
    stream.end();
    let last: blockWorker.WriteResponse | undefined;
    for (;;) {
      const message = await inTime(
        stream.read(),
        this.#o.clock,
        FINISH_MS,
        () => 'Cannot write: the worker does not say that it has everything',
      );
      if (message === undefined) return last;
      last = message;
    }
  }

  /** A write that fails says only that the call is over; the worker's own word is read. */
  async #causeOf({ stream }: Attempt, error: unknown): Promise<unknown> {
    throwIfAborted(this.#o.signal);
    if (!(error instanceof AlluviumError) || error.kind === 'deadlineExceeded') return error;
    try {
      await stream.read();
    } catch (told) {
      return told;
    }
    return fail('unavailable', 'The worker ended the upload before it had everything', error);
  }

  #giveUp(attempt: Attempt, error: unknown): void {
    attempt.stream.cancel();
    attempt.lease.release();
    this.#attempt = undefined;
    this.#o.search.failed(attempt.worker, error);
  }
}
