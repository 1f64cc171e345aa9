import { ErrorCode } from '../http2/errors.js';
import type { Http2Stream, StreamUser } from '../http2/stream.js';

/**
 * A request that is answered without being looked at further. The answer is given at once, unless the request says how
 * long its body is: then a wrong length is found first (RFC 9113, section 8.1.1).
 */
export class RefusedCall implements StreamUser {
  readonly #stream: Http2Stream;
  readonly #answer: Buffer;
  #left: number;

  constructor(stream: Http2Stream, answer: Buffer, contentLength: number | undefined) {
    this.#stream = stream;
    this.#answer = answer;
    this.#left = contentLength ?? 0;
    if (contentLength === undefined) stream.sendHeaders(answer, true);
  }

  headers(): void {}

  data(_chunk: Buffer, start: number, end: number): void {
    this.#stream.credit(end - start);
    this.#left -= end - start;
    if (this.#left < 0) this.#stream.reset(ErrorCode.protocolError, 'more data than content-length');
  }

  ended(): void {
    if (this.#left > 0) this.#stream.reset(ErrorCode.protocolError, 'less data than content-length');
    else this.#stream.sendHeaders(this.#answer, true);
  }

  reset(): void {}
}
