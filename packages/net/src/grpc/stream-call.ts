import { fail, messageOf } from '@alluvium/base';
import type { AlluviumError } from '@alluvium/base';
import type { Http2Stream, StreamUser } from '../http2/stream.js';
import type { Caller, ServerStream } from '../rpc/call.js';
import type { ServiceEntry } from '../rpc/service.js';
import { Inbox } from './inbox.js';
import { sendMessage, sendReply } from './message.js';
import { OK_TRAILERS, OK_TRAILERS_FRAME, OK_TRAILERS_ONLY, RESPONSE_HEADERS, RESPONSE_HEADERS_FRAME } from './response-blocks.js';
import { BaseServerCall } from './server-call.js';
import type { CallHead, CallHost } from './server-call.js';

type StreamEntry = Extract<ServiceEntry, { kind: 'stream' }>;

/** Made once: every stream that ends well needs one, mostly for nobody. */
const ENDED = fail('cancelled', 'The call has ended');

/** A streaming call. The handler runs from the request's headers on; its end is the call's end. */
export class StreamCall extends BaseServerCall implements StreamUser, ServerStream<unknown, unknown> {
  readonly #inbox: Inbox<unknown>;
  /** The handler has not been called: the first message is waited for, which may be all that is needed. */
  #waiting = false;
  /** A message that was looked at and left to the handler. */
  #first: unknown;
  /** Told once nothing more can come of this call. */
  whenOver: (() => void) | undefined;

  constructor(stream: Http2Stream, head: CallHead, caller: Caller | undefined, host: CallHost) {
    super(stream, head, caller, host);
    this.#inbox = new Inbox(stream, head.entry.method.request, host.maxInboundMessageBytes, malformed);
  }

  run(): void {
    if ((this.head.entry as StreamEntry).atOnce === undefined) this.#begin();
    else this.#waiting = true;
  }

  #begin(): void {
    this.#waiting = false;
    const { handler } = this.head.entry as StreamEntry;
    const failed = (error: unknown): void => this.failWith(error);
    try {
      handler(this).then(this.complete, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Ends the call with OK. */
  readonly complete = (): void => {
    if (this.over) return;
    this.finished();
    this.#inbox.fail(ENDED);
    if (this.begun) this.stream.finish(OK_TRAILERS);
    else this.stream.sendHeaders(OK_TRAILERS_ONLY, true);
  };

  #answerAtOnce(): void {
    const request = this.#inbox.take();
    if (request === undefined) return;
    const reply = (this.head.entry as StreamEntry).atOnce!(request, this);
    if (reply === undefined) {
      this.#first = request;
      this.#begin();
      return;
    }
    const encoded = this.head.entry.method.response.encode(reply.message);
    this.finished();
    this.#inbox.fail(ENDED);
    sendReply(this.stream, RESPONSE_HEADERS_FRAME, encoded, OK_TRAILERS_FRAME, reply.onSent);
  }

  read(): Promise<unknown> {
    const first = this.#first;
    if (first === undefined) return this.#inbox.read();
    this.#first = undefined;
    return Promise.resolve(first);
  }

  write(message: unknown, onSent?: () => void): Promise<void> {
    if (this.over) {
      onSent?.();
      return this.#tooLate();
    }
    if (!this.begun) {
      this.begun = true;
      this.stream.sendHeaders(RESPONSE_HEADERS, false);
    }
    sendMessage(this.stream, this.head.entry.method.response.encode(message), onSent);
    const room = this.stream.room();
    return this.over ? this.#tooLate() : room;
  }

  #tooLate(): Promise<never> {
    const rejected = Promise.reject(this.aborted ?? ENDED);
    // A writer that does not wait does not take the process down.
    rejected.catch(() => undefined);
    return rejected;
  }

  data(chunk: Buffer, start: number, end: number): void {
    if (!this.bodyGrew(end - start)) return;
    try {
      this.#inbox.push(chunk, start, end);
      if (this.#waiting) this.#answerAtOnce();
    } catch (error) {
      this.#inbox.fail(error as AlluviumError);
      this.failWith(error);
    }
  }

  ended(): void {
    if (!this.bodyEnded()) return;
    this.#inbox.end();
    if (this.#waiting) this.#begin();
  }

  protected override finished(): void {
    super.finished();
    this.whenOver?.();
  }

  protected override abort(reason: AlluviumError): void {
    super.abort(reason);
    this.#inbox.fail(reason);
  }

  protected override failWith(error: unknown): void {
    const wasOver = this.over;
    super.failWith(error);
    if (!wasOver) this.#inbox.fail(ENDED);
  }
}

function malformed(error: unknown): AlluviumError {
  return fail('internal', `Invalid protobuf byte sequence: ${messageOf(error)}`);
}
