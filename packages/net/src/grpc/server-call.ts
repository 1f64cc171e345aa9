import { AlluviumError, InvariantError, fail } from '@alluvium/base';
import type { Clock, Timer } from '@alluvium/base';
import { ErrorCode } from '../http2/errors.js';
import type { Http2Stream } from '../http2/stream.js';
import type { Caller, ServerCall } from '../rpc/call.js';
import { statusOf } from '../rpc/status.js';
import type { NetLog } from './log.js';
import type { RequestHead } from './request-head.js';
import { errorTrailers, trailersOnly } from './response-blocks.js';
import type { Status } from './response-blocks.js';

export type CallHead = Extract<RequestHead, { kind: 'call' }>;

/** What calls need of the server that they came to. */
export interface CallHost {
  readonly clock: Clock;
  readonly maxInboundMessageBytes: number;
  readonly log: NetLog;
  /** A broken invariant: ends the process, once the answer is on its way. */
  broken(error: InvariantError): void;
}

/** What unary and streaming calls share: who calls, the deadline, cancellation, and the status at the end. */
export abstract class BaseServerCall implements ServerCall {
  readonly path: string;
  protected readonly stream: Http2Stream;
  protected readonly head: CallHead;
  protected readonly host: CallHost;
  /** Answered, cancelled or lost: nothing more is sent. */
  protected over = false;
  protected begun = false;
  readonly #caller: Caller | undefined;
  #abort: AbortController | undefined;
  #abortReason: AlluviumError | undefined;
  readonly #deadline: Timer | undefined;
  #bodyLeft: number;

  constructor(stream: Http2Stream, head: CallHead, caller: Caller | undefined, host: CallHost) {
    this.path = head.entry.method.path;
    this.stream = stream;
    this.head = head;
    this.host = host;
    this.#caller = caller;
    this.#bodyLeft = head.contentLength ?? -1;
    this.#deadline = head.timeoutMs === undefined ? undefined : host.clock.schedule(head.timeoutMs, () => this.#expire());
  }

  get caller(): Caller {
    if (this.#caller === undefined) throw fail('unauthenticated', `The caller of ${this.path} is not authenticated`);
    return this.#caller;
  }

  header(name: string): string | undefined {
    return this.head.block.get(name);
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  get peer(): string {
    return this.stream.connection.peer;
  }

  /** Trailers of the request; gRPC clients send none. */
  headers(): void {}

  reset(_code: number, reason: string): void {
    if (!this.over) this.abort(fail('cancelled', `Call cancelled: ${reason}`));
  }

  /** Why the call was ended from outside; undefined while it was not. */
  protected get aborted(): AlluviumError | undefined {
    return this.#abortReason;
  }

  /** Nobody waits for the answer any more. */
  protected abort(reason: AlluviumError): void {
    this.finished();
    this.#abortReason = reason;
    this.#abort?.abort(reason);
  }

  /** Call before the last thing is sent. */
  protected finished(): void {
    this.over = true;
    this.#deadline?.cancel();
  }

  /** Counts the body against content-length; false when the request was malformed and is gone. */
  protected bodyGrew(bytes: number): boolean {
    if (this.#bodyLeft < 0) return true;
    this.#bodyLeft -= bytes;
    if (this.#bodyLeft >= 0) return true;
    this.stream.reset(ErrorCode.protocolError, 'more data than content-length');
    return false;
  }

  protected bodyEnded(): boolean {
    if (this.#bodyLeft <= 0) return true;
    this.stream.reset(ErrorCode.protocolError, 'less data than content-length');
    return false;
  }

  /** Ends the call with the status of `error`. */
  protected failWith(error: unknown): void {
    if (error instanceof InvariantError) this.host.broken(error);
    if (this.over) return;
    if (!(error instanceof AlluviumError)) {
      this.host.log('error', 'call failed unexpectedly', { path: this.path, peer: this.peer, error });
    }
    this.finished();
    this.sendStatus(statusOf(error));
  }

  protected sendStatus(status: Status): void {
    if (this.begun) this.stream.finish(errorTrailers(status));
    else this.stream.sendHeaders(trailersOnly(status), true);
  }

  #expire(): void {
    if (this.over) return;
    const error = fail('deadlineExceeded', `Deadline of ${Math.round(this.head.timeoutMs!)} ms exceeded`);
    this.abort(error);
    this.sendStatus(statusOf(error));
  }
}
