import type { Timer } from '@alluvium/base';
import type { ByteConnection } from '../http2/byte-connection.js';
import { Http2Connection } from '../http2/connection.js';
import type { ConnectionUser } from '../http2/connection.js';
import { ErrorCode } from '../http2/errors.js';
import { MemoryBudget } from '../http2/memory-budget.js';
import type { Http2Stream, StreamUser } from '../http2/stream.js';
import type { GrpcDependencies } from './server.js';

const SWEEP_MS = 1000;
/** Calls that wait for one of the streams that the server allows. */
const MOST_WAITING = 10_000;

/** A client's TCP connection to a server. */
export class ClientTransport implements ConnectionUser {
  readonly http2: Http2Connection;
  readonly #dependencies: GrpcDependencies;
  readonly #lost: () => void;
  #draining = false;
  #sweeper: Timer | undefined;
  readonly #waiting: (() => void)[] = [];

  /** `lost` is called when no further call can be made on it. */
  constructor(io: ByteConnection, dependencies: GrpcDependencies, lost: () => void) {
    this.#dependencies = dependencies;
    this.#lost = lost;
    const budget = new MemoryBudget(dependencies.limits.totalKeptBytes, () =>
      this.http2.fail(ErrorCode.enhanceYourCalm, 'too much is kept for this connection'),
    );
    this.http2 = new Http2Connection(this, { role: 'client', io, budget, ...dependencies });
    this.#sweepLater();
  }

  get usable(): boolean {
    return this.http2.open && !this.#draining;
  }

  /** Calls that can begin now. */
  get freeSlots(): number {
    return this.http2.peerSettings.maxConcurrentStreams - this.http2.streams.size;
  }

  /** Resolves once a call can begin, or the connection is of no use any more. False when too many wait already. */
  slot(): Promise<void> | undefined {
    if (this.#waiting.length >= MOST_WAITING) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  openStream(user: StreamUser): Http2Stream | undefined {
    if (!this.usable) return undefined;
    const stream = this.http2.openStream();
    if (stream === undefined) this.#drain();
    else stream.user = user;
    return stream;
  }

  request(stream: Http2Stream): void {
    stream.reset(ErrorCode.protocolError, 'a server does not open streams');
  }

  opened(): void {
    this.#wake();
  }

  goaway(lastStreamId: number, code: number, message: string): void {
    this.#drain();
    for (const stream of this.http2.streams.values()) {
      if (stream.id > lastStreamId)
        stream.destroyed(ErrorCode.refusedStream, `server is going away with code ${code} ${message}`.trimEnd());
    }
  }

  streamEnded(): void {
    this.#wake();
    if (this.#draining && this.http2.streams.size === 0) this.http2.close('no longer used');
  }

  defect(error: unknown): void {
    this.#dependencies.log('error', 'connection failed unexpectedly', { peer: this.http2.peer, error });
  }

  closed(): void {
    this.#sweeper?.cancel();
    this.#drain();
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#wake();
    this.#lost();
  }

  #wake(): void {
    const most = this.usable ? this.freeSlots : Infinity;
    for (let i = 0; i < most && this.#waiting.length > 0; i++) this.#waiting.shift()!();
  }

  #sweepLater(): void {
    this.#sweeper = this.#dependencies.clock.schedule(SWEEP_MS, () => {
      this.http2.sweep(this.#dependencies.clock.monotonicMs());
      this.#sweepLater();
    });
  }
}
