import { fail, messageOf } from '@alluvium/base';
import type { AlluviumError, Clock } from '@alluvium/base';
import type { Http2Stream } from '../http2/stream.js';
import type { CallOptions, ClientStream } from '../rpc/call.js';
import type { Method } from '../rpc/method.js';
import { BaseClientCall } from './client-call.js';
import type { ClientSession } from './client-session.js';
import { Inbox } from './inbox.js';
import { sendMessage } from './message.js';
import type { Encoded } from './message.js';

/** A streaming call. It exists before its connection does: what is written until then waits. */
export class StreamClientCall<Q, R> extends BaseClientCall implements ClientStream<Q, R> {
  readonly #method: Method<Q, R>;
  readonly #options: CallOptions;
  readonly #maxInboundMessageBytes: number;
  readonly #begun: Promise<void>;
  #begin!: () => void;
  #inbox: Inbox<R> | undefined;
  #error: AlluviumError | undefined;
  readonly #early: Encoded[] = [];
  #ending = false;

  constructor(method: Method<Q, R>, options: CallOptions, clock: Clock, maxInboundMessageBytes: number) {
    super(clock, options);
    this.#method = method;
    this.#options = options;
    this.#maxInboundMessageBytes = maxInboundMessageBytes;
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** The connection is there. */
  begin(session: ClientSession): void {
    if (this.over) return;
    const stream = session.transport.openStream(this);
    if (stream === undefined) return this.settle(fail('unavailable', 'connection takes no more calls'));
    this.stream = stream;
    this.#inbox = new Inbox(stream, this.#method.response, this.#maxInboundMessageBytes, (error) =>
      fail('internal', `Cannot read a message of ${this.#method.path}: ${messageOf(error)}`),
    );
    stream.sendHeaders(session.requestBlock(this.#method.path, this.#options), false);
    for (const message of this.#early.splice(0)) sendMessage(stream, message);
    if (this.#ending) stream.finish();
    this.#begin();
  }

  write(message: Q): Promise<void> {
    const written = this.#write(message);
    // A writer that does not wait does not take the process down.
    written.catch(() => undefined);
    return written;
  }

  async #write(message: Q): Promise<void> {
    if (this.over || this.#ending) throw this.#error ?? fail('cancelled', 'The call has ended');
    const encoded = this.#method.request.encode(message);
    let stream: Http2Stream | undefined = this.stream;
    if (stream === undefined) {
      this.#early.push(encoded);
      await this.#begun;
      stream = this.stream;
    } else {
      sendMessage(stream, encoded);
    }
    await stream?.room();
    if (this.#error !== undefined) throw this.#error;
  }

  end(): void {
    this.#ending = true;
    this.stream?.finish();
  }

  async read(): Promise<R | undefined> {
    if (this.#inbox === undefined) await this.#begun;
    if (this.#inbox === undefined) throw this.#error!;
    return this.#inbox.read();
  }

  cancel(): void {
    this.abandon(fail('cancelled', 'Call cancelled'));
  }

  override abandon(error: AlluviumError): void {
    if (!this.over) this.#inbox?.fail(error);
    super.abandon(error);
  }

  protected received(chunk: Buffer, start: number, end: number): void {
    this.#inbox!.push(chunk, start, end);
  }

  protected incomplete(): AlluviumError | undefined {
    return undefined;
  }

  protected settled(error: AlluviumError | undefined): void {
    this.#error = error;
    this.#inbox?.end(error);
    this.#begin();
  }
}
