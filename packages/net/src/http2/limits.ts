/** `burst` events at once, `perSecond` in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * What one peer may ask of us. A peer that passes a limit on events gets GOAWAY ENHANCE_YOUR_CALM and its connection is
 * closed; others do not notice.
 */
export interface Http2Limits {
  /** Connections that a server holds; further ones are closed at once. */
  readonly connections: number;
  /** Streams open at a time on a connection; further ones are refused. A Java client holds one for each block it writes. */
  readonly concurrentStreams: number;
  /** SETTINGS_MAX_HEADER_LIST_SIZE: a longer list is answered with an error. */
  readonly headerListBytes: number;
  readonly headerFields: number;
  /** Encoded bytes of a header block with its CONTINUATION frames. */
  readonly headerBlockBytes: number;
  readonly continuationFrames: number;
  readonly headerTableBytes: number;
  /** Largest frame accepted: larger than the usual 16 KiB, because each frame has its cost. */
  readonly frameBytes: number;
  /** Bytes that a sender may be ahead of the reader of its stream. */
  readonly streamWindowBytes: number;
  /** The same for all streams of a connection together. */
  readonly connectionWindowBytes: number;
  /** Bytes of unfinished messages that a connection may make us keep beyond its window. */
  readonly partialMessageBytes: number;
  /** Bytes waiting to be sent on a connection. From a quarter of it on each stream sends one message at a time. */
  readonly queuedSendBytes: number;
  /** Bytes kept for all peers together; above it the connection that keeps most is ended. */
  readonly totalKeptBytes: number;
  /** Bytes of PING, SETTINGS and RST_STREAM answers waiting because the peer does not read. */
  readonly queuedControlBytes: number;
  /** Between accepting a connection and its first SETTINGS. */
  readonly prefaceTimeoutMs: number;
  /** A stream whose data waits this long for the peer's window is reset; a connection that takes no byte is cut. */
  readonly sendStallMs: number;
  /** A connection without streams for this long is closed. */
  readonly idleTimeoutMs: number;
  /** Between the end of a connection's use and its end. */
  readonly closeTimeoutMs: number;
  /** Streams that the client resets, or makes us reset, before their call has ended (CVE-2023-44487, CVE-2025-8671). */
  readonly resets: Rate;
  readonly pings: Rate;
  readonly settings: Rate;
  /** DATA frames without data that do not end a stream. */
  readonly emptyData: Rate;
  /** WINDOW_UPDATE frames that allow less than a KiB. */
  readonly smallWindowUpdates: Rate;
  /**
   * PRIORITY, GOAWAY, acknowledgements, unknown types, and frames for streams that are gone. A client sends one or two of the last after each
   * call that is answered before it has half-closed, as small reads of blocks are.
   */
  readonly uselessFrames: Rate;
}

const MIB = 2 ** 20;

export const DEFAULT_LIMITS: Http2Limits = {
  connections: 16_384,
  concurrentStreams: 10_000,
  headerListBytes: 8192,
  headerFields: 128,
  headerBlockBytes: 65_536,
  continuationFrames: 16,
  headerTableBytes: 4096,
  frameBytes: MIB,
  streamWindowBytes: 4 * MIB,
  connectionWindowBytes: 16 * MIB,
  partialMessageBytes: 256 * MIB,
  queuedSendBytes: 256 * MIB,
  totalKeptBytes: 1024 * MIB,
  queuedControlBytes: 262_144,
  prefaceTimeoutMs: 10_000,
  sendStallMs: 600_000,
  idleTimeoutMs: 900_000,
  closeTimeoutMs: 1000,
  resets: { burst: 1000, perSecond: 200 },
  pings: { burst: 1000, perSecond: 100 },
  settings: { burst: 100, perSecond: 10 },
  emptyData: { burst: 1000, perSecond: 100 },
  smallWindowUpdates: { burst: 20_000, perSecond: 20_000 },
  uselessFrames: { burst: 100_000, perSecond: 100_000 },
};

/** Counts events against a {@link Rate}: a bucket that empties by one per event and fills with time. */
export class RateLimiter {
  readonly #rate: Rate;
  #left: number;
  #filledAtMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Whether one more event is within the rate. */
  allows(nowMs: number): boolean {
    const filled = this.#left + ((nowMs - this.#filledAtMs) / 1000) * this.#rate.perSecond;
    this.#left = Math.min(this.#rate.burst, filled) - 1;
    this.#filledAtMs = nowMs;
    return this.#left >= 0;
  }
}
