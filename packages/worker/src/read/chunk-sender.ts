// The sending end of a read: chunks in order, back-pressure, and the client's early end.
import type { Clock } from '@alluvium/base';
import type { ServerStream } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import { ReadTally } from '../policy/read-tally.js';
import type { Chunk } from '../transfer/read-codec.js';
import type { Window } from '../transfer/window.js';

export type ReadStream = ServerStream<blockWorker.ReadRequest, Chunk>;

export class ChunkSender {
  readonly tally = new ReadTally();
  readonly #stream: ReadStream;
  readonly #chunkBytes: number;
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #sent = 0;
  #acknowledged: number | undefined;
  #wake: (() => void) | undefined;

  /** Takes over the reading side: a half-close ends the read. */
  constructor(stream: ReadStream, chunkBytes: number) {
    this.#stream = stream;
    this.#chunkBytes = chunkBytes;
    this.#ended = this.#drain();
  }

  /** Bytes handed to the transport. */
  get sent(): number {
    return this.#sent;
  }

  /** Who reads. */
  get user(): string {
    return this.#stream.caller.user;
  }

  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  /** The client wants no more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The place in the block up to which the client says it has taken the bytes; undefined while it has said nothing. */
  get acknowledged(): number | undefined {
    return this.#acknowledged;
  }

  /** Resolves at the next acknowledgement and at the client's end; with false when neither comes within `timeoutMs`. */
  heard(clock: Clock, timeoutMs: number): Promise<boolean> {
    if (this.#hasEnded) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = clock.schedule(timeoutMs, () => {
        this.#wake = undefined;
        resolve(false);
      });
      this.#wake = () => {
        timer.cancel();
        resolve(true);
      };
    });
  }

  /** Sends the window in chunks and gives up the caller's keep of it. Stops early when the client has ended. */
  async sendWindow(window: Window): Promise<void> {
    try {
      for (let at = 0; at < window.bytes.length && !this.#hasEnded; at += this.#chunkBytes) {
        const bytes = window.bytes.subarray(at, at + this.#chunkBytes);
        window.keep();
        await this.#write({ parts: [bytes], length: bytes.length }, () => window.release());
      }
    } finally {
      window.release();
    }
  }

  /** Sends parts that nobody writes to any more as one chunk; at most `chunkBytes` of them. */
  async sendParts(parts: readonly Uint8Array[], length: number): Promise<void> {
    if (!this.#hasEnded) await this.#write({ parts, length });
  }

  /** Resolves early when the client ends: it may have stopped taking bytes for good. */
  async #write(chunk: Chunk, onSent?: () => void): Promise<void> {
    this.#sent += chunk.length;
    await Promise.race([this.#stream.write(chunk, onSent), this.#ended]);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #drain(): Promise<void> {
    try {
      for (let message = await this.#stream.read(); message !== undefined; message = await this.#stream.read()) {
        if (message.offsetReceived !== undefined) this.#acknowledged = Number(message.offsetReceived);
        this.#heard();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#hasEnded = true;
    this.#heard();
  }

  #heard(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
