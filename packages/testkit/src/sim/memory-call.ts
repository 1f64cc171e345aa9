// A call of the memory network: two pipes, a handler, and one end for both sides.
import { AlluviumError, fail, messageOf, type Clock, type Timer } from '@alluvium/base';
import type { Caller, CallOptions, ClientStream, Method, ServerStream, ServiceEntry } from '@alluvium/net';
import { MemoryPipe } from './memory-pipe.js';
import type { Pause } from './pause.js';

/** As Java clients and the product's own have it. */
const WINDOW_BYTES = 2 << 20;

/** What a server is told that goes on reading from a call that it has answered. */
const OVER = fail('cancelled', 'The call is over');

export interface MemoryCallOptions {
  readonly clock: Clock;
  readonly method: Method<unknown, unknown>;
  readonly call: CallOptions;
  /** The processes at both ends. */
  readonly from: string;
  readonly to: string;
  /** Whether the processes at the ends stand still. */
  readonly clientPause: Pause;
  readonly serverPause: Pause;
  /** Crosses the network in order, one lane per direction. */
  readonly lane: () => (arrive: () => void) => void;
  /** Cuts a message into the parts in which it might be received. */
  readonly split: (message: Buffer) => readonly Uint8Array[];
  /** With the error that the client saw, if any. */
  readonly onOver: (call: MemoryCall, error: AlluviumError | undefined) => void;
}

function partsOf(encoded: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return encoded instanceof Uint8Array ? [encoded] : encoded;
}

/** An error as it looks after a trip over the wire: kind and text, nothing else. */
function overTheWire(error: unknown): AlluviumError {
  return error instanceof AlluviumError ? fail(error.kind, error.message) : fail('internal', messageOf(error));
}

export class MemoryCall implements ClientStream<unknown, unknown> {
  readonly #o: MemoryCallOptions;
  readonly #toServer: MemoryPipe;
  readonly #toClient: MemoryPipe;
  readonly #abort = new AbortController();
  readonly #deadline: Timer | undefined;
  readonly #toClientLane: (arrive: () => void) => void;
  #over = false;
  #silent = false;
  #serverDone = false;
  #outcome: { readonly error: AlluviumError | undefined } | undefined;
  readonly #onSignal: () => void;

  constructor(options: MemoryCallOptions) {
    this.#o = options;
    this.#toServer = new MemoryPipe(WINDOW_BYTES, this.#heard(options.lane(), options.serverPause));
    this.#toClientLane = this.#heard(options.lane(), options.clientPause);
    this.#toClient = new MemoryPipe(WINDOW_BYTES, this.#toClientLane);
    const { timeoutMs, signal } = options.call;
    this.#deadline =
      timeoutMs === undefined
        ? undefined
        : options.clock.schedule(timeoutMs, () => this.break(fail('deadlineExceeded', `Deadline of ${timeoutMs} ms exceeded`)));
    this.#onSignal = () => this.break(fail('cancelled', messageOf(signal?.reason)));
    signal?.addEventListener('abort', this.#onSignal, { once: true });
    if (signal?.aborted === true) this.#onSignal();
  }

  get isOver(): boolean {
    return this.#over;
  }

  get from(): string {
    return this.#o.from;
  }

  get to(): string {
    return this.#o.to;
  }

  /** From now on nothing arrives on either side, and nobody is told. */
  silence(): void {
    this.#silent = true;
  }

  /** Runs the handler; its end is the end of the call. */
  async serve(entry: ServiceEntry, caller: () => Promise<Caller>, peer: string): Promise<void> {
    let error: AlluviumError | undefined;
    try {
      const known = await caller();
      const stream = this.#serverStream(entry.method, known, peer);
      if (entry.kind === 'stream') await this.#serveStream(entry, stream);
      else await this.#serveUnary(entry, stream);
    } catch (thrown) {
      error = overTheWire(thrown);
    }
    this.#serverDone = true;
    this.#toServer.fail(OVER);
    this.#toClientLane(() => this.#finish(error));
  }

  async write(message: unknown): Promise<void> {
    if (this.#outcome !== undefined || this.#serverDone) throw this.#outcome?.error ?? fail('cancelled', 'The call is over');
    await this.#toServer.write(partsOf(this.#o.method.request.encode(message)));
  }

  end(): void {
    this.#toServer.end();
  }

  async read(): Promise<unknown> {
    const message = await this.#toClient.read();
    if (message === undefined) return undefined;
    return this.#o.method.response.decode(this.#o.split(message), message.length);
  }

  cancel(): void {
    this.break(fail('cancelled', 'The client cancelled the call'));
  }

  /** Both sides fail: cancelled, disconnected, too late. */
  break(error: AlluviumError): void {
    if (this.#over) return;
    this.#outcome = { error };
    const { serverPause, clientPause } = this.#o;
    serverPause.run(() => this.#toServer.fail(error.kind === 'deadlineExceeded' ? error : fail('cancelled', error.message)));
    clientPause.run(() => this.#toClient.fail(error));
    this.#close(error);
    serverPause.run(() => this.#abort.abort(error));
  }

  async #serveStream(entry: Extract<ServiceEntry, { kind: 'stream' }>, stream: ServerStream<unknown, unknown>): Promise<void> {
    if (entry.atOnce === undefined) return entry.handler(stream);
    const request = await stream.read();
    const reply = request === undefined ? undefined : entry.atOnce(request, stream);
    if (reply !== undefined) return stream.write(reply.message, reply.onSent);
    let isFirst = request !== undefined;
    await entry.handler({
      ...stream,
      read: () => {
        if (!isFirst) return stream.read();
        isFirst = false;
        return Promise.resolve(request);
      },
    });
  }

  async #serveUnary(entry: Extract<ServiceEntry, { kind: 'unary' }>, stream: ServerStream<unknown, unknown>): Promise<void> {
    const request = await stream.read();
    if (request === undefined) throw fail('internal', 'A unary call without a request');
    await stream.write(await entry.handler(request, stream));
  }

  /** Each side has codecs of its own for the same bytes. */
  #serverStream(method: Method<unknown, unknown>, caller: Caller, peer: string): ServerStream<unknown, unknown> {
    const { call, split } = this.#o;
    return {
      path: method.path,
      caller,
      header: (name) => call.headers?.[name],
      signal: this.#abort.signal,
      peer,
      read: async () => {
        const message = await this.#toServer.read();
        return message === undefined ? undefined : method.request.decode(split(message), message.length);
      },
      write: (message, onSent) => this.#toClient.write(partsOf(method.response.encode(message)), onSent),
    };
  }

  #finish(error: AlluviumError | undefined): void {
    if (this.#over) return;
    this.#outcome = { error };
    if (error === undefined) this.#toClient.end();
    else this.#toClient.fail(error);
    this.#close(error);
  }

  #heard(lane: (arrive: () => void) => void, pause: Pause): (arrive: () => void) => void {
    return (arrive) =>
      lane(() => {
        if (!this.#silent) pause.run(arrive);
      });
  }

  #close(error: AlluviumError | undefined): void {
    this.#over = true;
    this.#deadline?.cancel();
    this.#o.call.signal?.removeEventListener('abort', this.#onSignal);
    this.#o.onOver(this, error);
  }
}
