import { fail } from '@alluvium/base';
import type { AlluviumError, Clock, Timer } from '@alluvium/base';
import type { HeaderBlock } from '../hpack/header-block.js';
import { CONNECTION_LOST, ErrorCode } from '../http2/errors.js';
import type { Http2Stream, StreamUser } from '../http2/stream.js';
import type { CallOptions } from '../rpc/call.js';
import { STATUS_OK, errorFromStatus } from '../rpc/status.js';
import { decodeStatusMessage } from './status-message.js';

/** What unary and streaming calls of a client share: deadline, cancellation, and the status that ends them. */
export abstract class BaseClientCall implements StreamUser {
  /** The server did nothing for this call: it may be made again elsewhere. */
  refused = false;
  protected stream: Http2Stream | undefined;
  protected over = false;
  readonly #timer: Timer | undefined;
  readonly #signal: AbortSignal | undefined;
  #httpStatus: string | undefined;
  #status: { readonly code: number; readonly message: string } | undefined;

  constructor(clock: Clock, options: CallOptions) {
    const { timeoutMs, signal } = options;
    this.#timer =
      timeoutMs === undefined
        ? undefined
        : clock.schedule(timeoutMs, () => this.abandon(fail('deadlineExceeded', `Deadline of ${timeoutMs} ms exceeded`)));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#aborted, { once: true });
  }

  /** Called once, with undefined for OK. */
  protected abstract settled(error: AlluviumError | undefined): void;
  protected abstract received(chunk: Buffer, start: number, end: number): void;
  /** The error of a call that the server ended with OK but not whole. */
  protected abstract incomplete(): AlluviumError | undefined;

  readonly #aborted = (): void => this.abandon(fail('cancelled', 'Call cancelled', this.#signal?.reason));

  /** Ends the call from this side. */
  abandon(error: AlluviumError): void {
    if (this.over) return;
    this.settle(error);
    this.stream?.reset(ErrorCode.cancel, error.message);
  }

  protected settle(error: AlluviumError | undefined): void {
    if (this.over) return;
    this.over = true;
    this.#timer?.cancel();
    this.#signal?.removeEventListener('abort', this.#aborted);
    this.settled(error);
  }

  headers(block: HeaderBlock): void {
    const httpStatus = block.get(':status');
    if (httpStatus !== undefined) this.#httpStatus = httpStatus;
    const code = block.get('grpc-status');
    if (code !== undefined) this.#status = { code: Number(code), message: decodeStatusMessage(block.get('grpc-message') ?? '') };
  }

  data(chunk: Buffer, start: number, end: number): void {
    if (this.over) return this.stream!.credit(end - start);
    try {
      this.received(chunk, start, end);
    } catch (error) {
      this.abandon(error as AlluviumError);
    }
  }

  ended(): void {
    this.settle(this.#endError());
    // The server has answered without waiting for our half-close.
    const stream = this.stream!;
    if (!stream.localClosed) stream.reset(ErrorCode.cancel, 'answered');
  }

  #endError(): AlluviumError | undefined {
    if (this.#status === undefined) return errorOfHttpStatus(this.#httpStatus);
    if (this.#status.code !== STATUS_OK) return errorFromStatus(this.#status.code, this.#status.message);
    return this.incomplete();
  }

  reset(code: number, reason: string): void {
    if (this.over) return;
    this.refused = code === ErrorCode.refusedStream;
    this.settle(errorOfReset(code, reason));
  }
}

function errorOfReset(code: number, reason: string): AlluviumError {
  if (code === CONNECTION_LOST || code === ErrorCode.refusedStream) return fail('unavailable', reason);
  if (code === ErrorCode.cancel) return fail('cancelled', reason);
  if (code === ErrorCode.enhanceYourCalm) return fail('resourceExhausted', reason);
  return fail('internal', reason);
}

/** For an answer without grpc-status, by the table of the gRPC over HTTP/2 specification. */
function errorOfHttpStatus(status: string | undefined): AlluviumError {
  const message = `Answer without grpc-status, HTTP status ${status ?? 'missing'}`;
  if (status === '401') return fail('unauthenticated', message);
  if (status === '403') return fail('permissionDenied', message);
  if (status === '404') return fail('unimplemented', message);
  if (status === '429' || status === '502' || status === '503' || status === '504') return fail('unavailable', message);
  if (status === '400') return fail('internal', message);
  return fail('unknown', message);
}
