import { fail, messageOf } from '@alluvium/base';
import type { AlluviumError, Clock } from '@alluvium/base';
import type { CallOptions } from '../rpc/call.js';
import type { Method } from '../rpc/method.js';
import { BaseClientCall } from './client-call.js';
import type { ClientSession } from './client-session.js';
import { Deframer } from './deframer.js';
import type { RawMessage } from './deframer.js';
import { sendMessage } from './message.js';
import type { Encoded } from './message.js';

/** One request, one reply. */
export class UnaryClientCall<Q, R> extends BaseClientCall {
  readonly result: Promise<R>;
  readonly #method: Method<Q, R>;
  readonly #deframer: Deframer;
  #message: RawMessage | undefined;
  #resolve!: (response: R) => void;
  #reject!: (error: AlluviumError) => void;

  constructor(method: Method<Q, R>, options: CallOptions, clock: Clock, maxInboundMessageBytes: number) {
    super(clock, options);
    this.#method = method;
    this.#deframer = new Deframer(maxInboundMessageBytes);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Sends the request. */
  begin(session: ClientSession, request: Encoded, options: CallOptions): void {
    const stream = session.transport.openStream(this);
    if (stream === undefined) {
      this.refused = true;
      this.settle(fail('unavailable', 'The connection takes no more calls'));
      return;
    }
    this.stream = stream;
    stream.sendHeaders(session.requestBlock(this.#method.path, options), false);
    sendMessage(stream, request);
    stream.finish();
  }

  protected received(chunk: Buffer, start: number, end: number): void {
    this.stream!.credit(end - start);
    this.#deframer.push(chunk, start, end);
    this.#message ??= this.#deframer.next();
  }

  protected incomplete(): AlluviumError | undefined {
    if (this.#message === undefined) return fail('internal', 'The answer has no message');
    return this.#deframer.bytes === 0 ? undefined : fail('internal', 'The answer has more than one message');
  }

  protected settled(error: AlluviumError | undefined): void {
    if (error !== undefined) return this.#reject(error);
    const message = this.#message!;
    try {
      this.#resolve(this.#method.response.decode(message.parts, message.length));
    } catch (malformed) {
      this.#reject(fail('internal', `Cannot read the reply of ${this.#method.path}: ${messageOf(malformed)}`));
    }
  }
}
