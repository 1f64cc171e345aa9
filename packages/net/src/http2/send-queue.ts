import type { Output } from './output.js';
import type { Http2Stream } from './stream.js';

/** What one stream sends before the next has its turn. */
const TURN_BYTES = 262_144;

/**
 * Which streams of a connection have something to send and the window for it, in the order of their turns. A stream
 * without window is not in the list; the peer's WINDOW_UPDATE brings it back.
 */
export class SendQueue {
  /** What the peer lets the connection send. */
  window: number;
  readonly #ready: Http2Stream[] = [];
  #bytes = 0;

  constructor(window: number) {
    this.window = window;
  }

  /** Data waiting on all streams, sendable or not. */
  get bytes(): number {
    return this.#bytes;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  added(bytes: number): void {
    this.#bytes += bytes;
  }

  removed(bytes: number): void {
    this.#bytes -= bytes;
  }

  offer(stream: Http2Stream): void {
    if (stream.ready || stream.gone || !stream.sendable) return;
    stream.ready = true;
    this.#ready.push(stream);
  }

  /** Moves up to `maxBytes` into `output`, streams in turn. Returns the bytes of data moved. */
  pump(output: Output, maxBytes: number, maxFrameBytes: number): number {
    const waiting: Http2Stream[] = [];
    let left = maxBytes;
    while (left > 0) {
      const stream = this.#ready.shift();
      if (stream === undefined) break;
      stream.ready = false;
      if (stream.gone) continue;
      const most = Math.min(TURN_BYTES, left, this.window);
      if (most <= 0 && stream.pendingBytes > 0) {
        waiting.push(stream);
        continue;
      }
      const written = stream.writeFrames(output, most, maxFrameBytes);
      left -= written;
      this.window -= written;
      this.#bytes -= written;
      this.offer(stream);
    }
    for (const stream of waiting) this.offer(stream);
    return maxBytes - left;
  }
}
