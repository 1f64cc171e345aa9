import { ErrorCode } from '../http2/errors.js';
import type { Http2Stream, StreamUser } from '../http2/stream.js';

/** What is answered without asking a handler. */
export interface Refusal {
  /** Header block. */
  readonly answer: Buffer;
  /** Only for a request that is not gRPC. */
  readonly body?: Buffer;
  readonly contentLength: number | undefined;
}

/**
 * A request that is answered without being looked at further. A gRPC call is answered at once, because its client may
 * wait for that before it sends more, unless it says how long its body is: then a wrong length is found first (RFC 9113,
 * section 8.1.1). Any other request is answered at its end.
 */
export class RefusedCall implements StreamUser {
  readonly #stream: Http2Stream;
  readonly #refusal: Refusal;
  #left: number;

  constructor(stream: Http2Stream, refusal: Refusal) {
    this.#stream = stream;
    this.#refusal = refusal;
    this.#left = refusal.contentLength ?? 0;
    if (refusal.contentLength === undefined && refusal.body === undefined) stream.sendHeaders(refusal.answer, true);
  }

  headers(): void {}

  data(_chunk: Buffer, start: number, end: number): void {
    this.#stream.credit(end - start);
    this.#left -= end - start;
    if (this.#left < 0 && this.#refusal.contentLength !== undefined)
      this.#stream.reset(ErrorCode.protocolError, 'more data than content-length');
  }

  ended(): void {
    if (this.#left > 0) return this.#stream.reset(ErrorCode.protocolError, 'less data than content-length');
    const { answer, body } = this.#refusal;
    this.#stream.sendHeaders(answer, body === undefined);
    if (body === undefined) return;
    this.#stream.send([body], body.length);
    this.#stream.finish();
  }

  reset(): void {}
}
