import { fail, messageOf } from '@alluvium/base';
import type { StreamUser } from '../http2/stream.js';
import type { ServiceEntry } from '../rpc/service.js';
import { Deframer, PREFIX_BYTES, checkPrefix } from './deframer.js';
import type { RawMessage } from './deframer.js';
import { sendReply } from './message.js';
import { OK_TRAILERS_FRAME, RESPONSE_HEADERS_FRAME } from './response-blocks.js';
import { BaseServerCall } from './server-call.js';

type UnaryEntry = Extract<ServiceEntry, { kind: 'unary' }>;

/**
 * A call with one request and one reply: collects the request, runs the handler when the client has half-closed, and
 * sends headers, reply and trailers together. A handler that answers at once costs no promise.
 */
export class UnaryCall extends BaseServerCall implements StreamUser {
  #message: RawMessage | undefined;
  /** Only for a request that came in several pieces. */
  #deframer: Deframer | undefined;
  #held = 0;

  data(chunk: Buffer, start: number, end: number): void {
    const size = end - start;
    this.stream.credit(size);
    if (this.over || !this.bodyGrew(size)) return;
    try {
      if (!this.#takeWhole(chunk, start, size)) this.#takePiece(chunk, start, end);
    } catch (error) {
      this.failWith(error);
    }
  }

  /** A request that came in one piece which is the last: it is read before anything else happens. */
  #takeWhole(chunk: Buffer, start: number, size: number): boolean {
    if (!this.stream.ending || size < PREFIX_BYTES || this.#deframer !== undefined || this.#message !== undefined) return false;
    const length = chunk.readUInt32BE(start + 1);
    if (size !== PREFIX_BYTES + length) return false;
    checkPrefix(chunk[start]!, length, this.host.maxInboundMessageBytes);
    this.#message = { parts: [chunk.subarray(start + PREFIX_BYTES, start + size)], length };
    return true;
  }

  #takePiece(chunk: Buffer, start: number, end: number): void {
    this.#held += end - start;
    this.stream.connection.hold(end - start);
    if (this.over) return;
    this.#deframer ??= new Deframer(this.host.maxInboundMessageBytes);
    this.#deframer.push(chunk, start, end);
    this.#message ??= this.#deframer.next();
    if (this.#message !== undefined && this.#deframer.bytes > 0) throw fail('internal', 'Too many requests');
  }

  ended(): void {
    if (this.over || !this.bodyEnded()) return;
    const message = this.#message;
    if (message === undefined || (this.#deframer?.bytes ?? 0) > 0) {
      return this.failWith(fail('internal', message === undefined ? 'Half-closed without a request' : 'Half-closed inside a message'));
    }
    this.#message = undefined;
    const { method, handler } = this.head.entry as UnaryEntry;
    let request: unknown;
    try {
      request = method.request.decode(message.parts, message.length);
    } catch (error) {
      return this.failWith(fail('internal', `Invalid protobuf byte sequence: ${messageOf(error)}`));
    }
    this.#release();
    try {
      const response = handler(request, this);
      if (response instanceof Promise) response.then(this.#reply, this.#fail);
      else this.#reply(response);
    } catch (error) {
      this.failWith(error);
    }
  }

  override reset(code: number, reason: string): void {
    this.#release();
    super.reset(code, reason);
  }

  protected override finished(): void {
    this.#release();
    super.finished();
  }

  #release(): void {
    if (this.#held > 0) this.stream.connection.hold(-this.#held);
    this.#held = 0;
  }

  readonly #reply = (response: unknown): void => {
    if (this.over) return;
    try {
      const encoded = this.head.entry.method.response.encode(response);
      this.finished();
      sendReply(this.stream, RESPONSE_HEADERS_FRAME, encoded, OK_TRAILERS_FRAME);
    } catch (error) {
      this.failWith(error);
    }
  };

  readonly #fail = (error: unknown): void => this.failWith(error);
}
