// The upload of a block or a file to whichever worker takes it. Workers say nothing before the end, so what has been sent is kept
// and sent again to another worker when the first one fails. A block is kept until it is acknowledged, as far as the client's budget
// goes; of what goes to the under store only the beginning is.
import { AlluviumError, fail, messageOf } from '@alluvium/base';
import type { blockWorker } from '@alluvium/wire';
import type { WorkerSearch } from '../worker/worker-search.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { KeptBytes } from './kept-bytes.js';
import type { UploadAttempt } from './upload-attempt.js';

/** Bytes of an upload that can be repeated without the budget. */
const ALWAYS_KEPT_BYTES = 4 << 20;
const LEAST_RESERVED_BYTES = 1 << 20;

export interface UploadOptions {
  readonly command: blockWorker.WriteRequestCommand;
  /** The ways to hand a worker the upload, the best first. */
  readonly ways: (worker: WorkerTarget, command: blockWorker.WriteRequestCommand) => AsyncIterable<UploadAttempt>;
  readonly search: WorkerSearch;
  /** Undefined: no more than the beginning is kept. */
  readonly budget: KeptBytes | undefined;
  /** Whether this many bytes have arrived although no worker says so: the answer to an upload may be lost. */
  readonly isStored?: (bytes: number) => Promise<boolean>;
}

interface Current {
  readonly worker: WorkerTarget;
  readonly attempt: UploadAttempt;
}

export class WorkerUpload {
  readonly #o: UploadOptions;
  /** Undefined once too much was sent. */
  #kept: Uint8Array[] | undefined = [];
  /** Of the budget. */
  #takenBytes = 0;
  #sentBytes = 0;
  #current: Current | undefined;
  #worker: WorkerTarget | undefined;

  constructor(options: UploadOptions) {
    this.#o = options;
  }

  /** Everything that was given to this upload so far; undefined when it is no longer kept. */
  get kept(): readonly Uint8Array[] | undefined {
    return this.#kept;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** The worker that has it, or is getting it. */
  get worker(): WorkerTarget | undefined {
    return this.#worker;
  }

  /** Sends a chunk, which is the upload's from now on. Resolves when there is room for another. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#keep(chunk);
    const current = this.#current;
    if (current === undefined) return await this.#repeat();
    try {
      await current.attempt.send(chunk);
    } catch (error) {
      const cause = await current.attempt.causeOf(error);
      this.#giveUp(current, cause);
      await this.#again(cause);
    }
  }

  /** Resolves when the worker has it all: its last message, if there is one. */
  async finish(): Promise<blockWorker.WriteResponse | undefined> {
    if (this.#current === undefined) await this.#repeat();
    let last: blockWorker.WriteResponse | undefined;
    for (let done = false; !done;) {
      const current = this.#current!;
      try {
        last = await current.attempt.end();
        done = true;
      } catch (error) {
        const cause = await current.attempt.causeOf(error);
        this.#giveUp(current, cause);
        done = (await this.#isStored()) || !(await this.#repeated(cause));
      }
    }
    this.#current?.attempt.release();
    this.#current = undefined;
    this.#forget();
    return last;
  }

  /** The worker drops what it has. Harmless when the upload is over. */
  cancel(): void {
    this.#current?.attempt.cancel();
    this.#current = undefined;
    this.#forget();
  }

  #keep(chunk: Uint8Array): void {
    this.#sentBytes += chunk.length;
    if (this.#kept === undefined) return;
    if (this.#sentBytes > ALWAYS_KEPT_BYTES) {
      if (this.#o.budget?.take(chunk.length) !== true) return this.#forget();
      this.#takenBytes += chunk.length;
    }
    this.#kept.push(chunk);
  }

  #forget(): void {
    this.#kept = undefined;
    this.#o.budget?.giveBack(this.#takenBytes);
    this.#takenBytes = 0;
  }

  /** After a failure: when all that was sent is still here, another worker gets it. */
  async #again(cause: unknown): Promise<void> {
    if (this.#kept === undefined) throw this.#unrepeatable(cause);
    await this.#repeat();
  }

  #unrepeatable(cause: unknown): unknown {
    if (!(cause instanceof AlluviumError)) return cause;
    return fail(cause.kind, `${messageOf(cause)}; the ${this.#sentBytes} bytes sent are more than were kept to be sent again`, cause);
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
    for (;;) {
      const worker = await this.#o.search.next();
      this.#worker = worker;
      if (await this.#begun(worker)) return;
    }
  }

  /** Whether the worker has taken it; a failure is noted. */
  async #begun(worker: WorkerTarget): Promise<boolean> {
    for await (const attempt of this.#o.ways(worker, this.#command())) {
      const current = { worker, attempt };
      this.#current = current;
      try {
        if (await attempt.begin()) {
          for (const chunk of this.#kept ?? []) await attempt.send(chunk);
          return true;
        }
        attempt.cancel();
        this.#current = undefined;
      } catch (error) {
        this.#giveUp(current, await attempt.causeOf(error));
        return false;
      }
    }
    return false;
  }

  /** Space for the whole block is asked for first; when nobody has it, for what is there to be sent: the rest may find room. */
  #command(): blockWorker.WriteRequestCommand {
    const { command, search } = this.#o;
    const modest = BigInt(Math.max(this.#sentBytes, LEAST_RESERVED_BYTES));
    if (search.round === 0 || modest >= (command.spaceToReserve ?? 0n)) return command;
    return { ...command, spaceToReserve: modest };
  }

  #giveUp({ worker, attempt }: Current, error: unknown): void {
    attempt.cancel();
    this.#current = undefined;
    this.#o.search.failed(worker, error);
  }
}
