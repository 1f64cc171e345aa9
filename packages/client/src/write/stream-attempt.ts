import { AlluviumError, fail } from '@alluvium/base';
import type { Clock } from '@alluvium/base';
import type { ClientStream } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import { inTime, throwIfAborted } from '../abort.js';
import type { ChannelLease } from '../worker/worker-channels.js';
import { FINISH_MS, STALLED_MS } from './upload-attempt.js';
import type { UploadAttempt } from './upload-attempt.js';
import { writeBlockMethod } from './write-codec.js';
import type { WriteMessage } from './write-codec.js';

/** A WriteBlock call. Workers say nothing before its end. */
export class StreamAttempt implements UploadAttempt {
  readonly #lease: ChannelLease;
  readonly #clock: Clock;
  readonly #command: blockWorker.WriteRequestCommand;
  readonly #signal: AbortSignal;
  readonly #stream: ClientStream<WriteMessage, blockWorker.WriteResponse>;

  constructor(lease: ChannelLease, clock: Clock, command: blockWorker.WriteRequestCommand, signal: AbortSignal) {
    this.#lease = lease;
    this.#clock = clock;
    this.#command = command;
    this.#signal = signal;
    this.#stream = lease.channel.stream(writeBlockMethod, { signal });
  }

  async begin(): Promise<boolean> {
    await this.#send({ command: this.#command });
    return true;
  }

  send(chunk: Uint8Array): Promise<void> {
    return this.#send({ chunk });
  }

  async end(): Promise<blockWorker.WriteResponse | undefined> {
    this.#stream.end();
    let last: blockWorker.WriteResponse | undefined;
    for (;;) {
      const message = await inTime(
        this.#stream.read(),
        this.#clock,
        FINISH_MS,
        () => 'Cannot write: the worker does not say that it has everything',
      );
      if (message === undefined) return last;
      last = message;
    }
  }

  /** A write that fails says only that the call is over; the worker's own word is read. */
  async causeOf(error: unknown): Promise<unknown> {
    throwIfAborted(this.#signal);
    if (!(error instanceof AlluviumError) || error.kind === 'deadlineExceeded') return error;
    try {
      await this.#stream.read();
    } catch (told) {
      return told;
    }
    return fail('unavailable', 'The worker ended the upload before it had everything', error);
  }

  release(): void {
    this.#lease.release();
  }

  cancel(): void {
    this.#stream.cancel();
    this.#lease.release();
  }

  async #send(message: WriteMessage): Promise<void> {
    await inTime(this.#stream.write(message), this.#clock, STALLED_MS, () => 'Cannot write: the worker takes no more bytes');
  }
}
