import type { AlluviumError } from '@alluvium/base';
import type { Http2Stream } from '../http2/stream.js';
import type { Codec } from '../rpc/method.js';
import { Deframer, PREFIX_BYTES } from './deframer.js';
import type { RawMessage } from './deframer.js';

/**
 * The messages that a stream has received and that its reader has not taken. The sender gets credit for a message when
 * it is taken, and for the pieces of one that a reader waits for; so a reader that does not read stops it.
 */
export class Inbox<T> {
  readonly #stream: Http2Stream;
  readonly #codec: Codec<T>;
  readonly #malformed: (error: unknown) => AlluviumError;
  readonly #deframer: Deframer;
  readonly #messages: RawMessage[] = [];
  #queuedBytes = 0;
  /** Received and not credited. */
  #owedBytes = 0;
  #heldBytes = 0;
  #waiter: { readonly resolve: (message: T | undefined) => void; readonly reject: (error: unknown) => void } | undefined;
  #ended = false;
  #endError: AlluviumError | undefined;
  #error: AlluviumError | undefined;

  constructor(stream: Http2Stream, codec: Codec<T>, maxMessageBytes: number, malformed: (error: unknown) => AlluviumError) {
    this.#stream = stream;
    this.#codec = codec;
    this.#malformed = malformed;
    this.#deframer = new Deframer(maxMessageBytes);
  }

  /** Whether the stream ended inside a message. */
  get truncated(): boolean {
    return this.#deframer.partialBytes > 0;
  }

  /** Throws the status of a message that is not accepted. */
  push(chunk: Buffer, start: number, end: number): void {
    if (this.#error !== undefined) return this.#stream.credit(end - start);
    this.#owedBytes += end - start;
    const before = this.#messages.length;
    this.#deframer.push(chunk, start, end, this.#messages);
    for (let i = before; i < this.#messages.length; i++) this.#queuedBytes += PREFIX_BYTES + this.#messages[i]!.length;
    if (this.#waiter !== undefined && this.#messages.length > 0) {
      const waiter = this.#waiter;
      this.#waiter = undefined;
      this.#take(waiter.resolve, waiter.reject);
    } else {
      this.#settle();
    }
  }

  /** No more messages follow those that are here; after them reads answer undefined, or fail with `error`. */
  end(error?: AlluviumError): void {
    this.#ended = true;
    this.#endError = error;
    if (this.#messages.length > 0) return;
    if (error === undefined) this.#waiter?.resolve(undefined);
    else this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  /** Drops what is here; every read from now on fails. */
  fail(error: AlluviumError): void {
    this.#error ??= error;
    this.#messages.length = 0;
    this.#queuedBytes = 0;
    this.#stream.credit(this.#owedBytes);
    this.#owedBytes = 0;
    this.#hold(0);
    this.#waiter?.reject(this.#error);
    this.#waiter = undefined;
  }

  read(): Promise<T | undefined> {
    const promise = new Promise<T | undefined>((resolve, reject) => {
      if (this.#messages.length > 0) this.#take(resolve, reject);
      else if (this.#error !== undefined) reject(this.#error);
      else if (this.#endError !== undefined) reject(this.#endError);
      else if (this.#ended) resolve(undefined);
      else if (this.#waiter !== undefined) reject(new Error('two reads at a time on one stream'));
      else {
        this.#waiter = { resolve, reject };
        this.#settle();
      }
    });
    // A reader that went away after asking does not take the process down.
    promise.catch(ignore);
    return promise;
  }

  #take(resolve: (message: T | undefined) => void, reject: (error: unknown) => void): void {
    const message = this.#messages.shift()!;
    this.#queuedBytes -= PREFIX_BYTES + message.length;
    this.#settle();
    try {
      resolve(this.#codec.decode(message.parts, message.length));
    } catch (error) {
      reject(this.#malformed(error));
    }
  }

  #settle(): void {
    const partial = this.#deframer.partialBytes;
    const keep = this.#queuedBytes + (this.#waiter === undefined ? partial : 0);
    if (this.#owedBytes > keep) {
      this.#stream.credit(this.#owedBytes - keep);
      this.#owedBytes = keep;
    }
    this.#hold(this.#queuedBytes + partial - this.#owedBytes);
  }

  #hold(bytes: number): void {
    if (bytes === this.#heldBytes) return;
    this.#stream.connection.hold(bytes - this.#heldBytes);
    this.#heldBytes = bytes;
  }
}

function ignore(): void {}
