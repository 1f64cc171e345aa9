import { fail } from '@alluvium/base';
import type { AlluviumError } from '@alluvium/base';
import type { Http2Stream } from '../http2/stream.js';
import type { Codec } from '../rpc/method.js';
import { Deframer } from './deframer.js';
import type { RawMessage } from './deframer.js';

/**
 * What a stream has received and its reader has not taken. The sender gets credit for a message when it is taken, and
 * for the pieces of one that a reader waits for; so a reader that does not read stops it.
 */
export class Inbox<T> {
  readonly #stream: Http2Stream;
  readonly #codec: Codec<T>;
  readonly #malformed: (error: unknown) => AlluviumError;
  readonly #deframer: Deframer;
  /** Received and not credited. */
  #owedBytes = 0;
  /** Credited although it is still here. */
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

  /** Throws the status of a message that is not accepted, if a reader waits; otherwise `read` does. */
  push(chunk: Buffer, start: number, end: number): void {
    if (this.#error !== undefined) return this.#stream.credit(end - start);
    this.#owedBytes += end - start;
    this.#deframer.push(chunk, start, end);
    const waiter = this.#waiter;
    const message = waiter === undefined ? undefined : this.#deframer.next();
    if (waiter === undefined || message === undefined) return this.#settle();
    this.#waiter = undefined;
    this.#deliver(message, waiter.resolve, waiter.reject);
  }

  /** No more messages follow those that are here; after them reads answer undefined, or fail with `error`. */
  end(error?: AlluviumError): void {
    this.#ended = true;
    this.#endError = error;
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    this.#answerEnd(waiter.resolve, waiter.reject);
  }

  /** Drops what is here; every read from now on fails. */
  fail(error: AlluviumError): void {
    this.#error ??= error;
    this.#deframer.clear();
    this.#stream.credit(this.#owedBytes);
    this.#owedBytes = 0;
    this.#hold(0);
    this.#waiter?.reject(this.#error);
    this.#waiter = undefined;
  }

  read(): Promise<T | undefined> {
    const promise = new Promise<T | undefined>((resolve, reject) => {
      if (this.#error !== undefined) return reject(this.#error);
      if (this.#waiter !== undefined) return reject(new Error('two reads at a time on one stream'));
      const message = this.#deframer.next();
      if (message !== undefined) return this.#deliver(message, resolve, reject);
      if (this.#ended) return this.#answerEnd(resolve, reject);
      this.#waiter = { resolve, reject };
      this.#settle();
    });
    // A reader that went away after asking does not take the process down.
    promise.catch(ignore);
    return promise;
  }

  /** The next message if it is here whole. Throws the status of one that is not accepted. */
  take(): T | undefined {
    const message = this.#deframer.next();
    if (message === undefined) return undefined;
    this.#settle();
    try {
      return this.#codec.decode(message.parts, message.length);
    } catch (error) {
      throw this.#malformed(error);
    }
  }

  #answerEnd(resolve: (message: undefined) => void, reject: (error: unknown) => void): void {
    if (this.#endError !== undefined) reject(this.#endError);
    else if (this.#deframer.bytes > 0) reject(fail('internal', 'The stream ended inside a message'));
    else resolve(undefined);
  }

  #deliver(message: RawMessage, resolve: (message: T) => void, reject: (error: unknown) => void): void {
    this.#settle();
    try {
      resolve(this.#codec.decode(message.parts, message.length));
    } catch (error) {
      reject(this.#malformed(error));
    }
  }

  #settle(): void {
    const here = this.#deframer.bytes;
    const owed = this.#waiter === undefined ? Math.min(this.#owedBytes, here) : 0;
    if (this.#owedBytes > owed) {
      const credit = this.#owedBytes - owed;
      this.#owedBytes = owed;
      this.#stream.credit(credit);
    }
    this.#hold(here - owed);
  }

  #hold(bytes: number): void {
    if (bytes === this.#heldBytes) return;
    const difference = bytes - this.#heldBytes;
    this.#heldBytes = bytes;
    this.#stream.connection.hold(difference);
  }
}

function ignore(): void {}
