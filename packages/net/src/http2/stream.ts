import type { HeaderBlock } from '../hpack/header-block.js';
import type { Http2Connection } from './connection.js';
import { ErrorCode } from './errors.js';
import { Flag, FrameType } from './frames.js';
import type { Output } from './output.js';

/** The call that a stream carries. Called synchronously as frames are read. */
export interface StreamUser {
  /** A response's headers, or the trailers of either side. `ended` is called separately. */
  headers(block: HeaderBlock, endStream: boolean): void;
  /** A piece of data; give its bytes back with {@link Http2Stream.credit} once it is used. The view may be kept. */
  data(chunk: Buffer, start: number, end: number): void;
  /** The peer has half-closed. */
  ended(): void;
  /** The stream is gone before both sides had ended: reset by the peer or by us, or lost with its connection. */
  reset(code: number, reason: string): void;
}

interface PendingMessage {
  readonly parts: readonly Uint8Array[];
  /** Part and offset in it that are next to be sent. */
  part: number;
  offset: number;
  readonly onSent: (() => void) | undefined;
}

/** A sender is asked to wait while this much of its stream's data waits for the peer. */
const ROOM_BYTES = 2 ** 20;
/** Pieces up to this are copied next to their frame header; a longer one costs less as a part of its own. */
const COPY_BYTES = 2048;

const IN_ROOM = Promise.resolve();

/** One HTTP/2 stream: its flow-control windows and what waits to be sent on it. Frames are the connection's business. */
export class Http2Stream {
  readonly id: number;
  readonly connection: Http2Connection;
  /** Set by whoever takes the stream on, before anything else is read. */
  user!: StreamUser;
  /** What the peer still lets us send. May be negative after it lowered its initial window. */
  sendWindow: number;
  /** What we still let the peer send. */
  receiveWindow: number;
  remoteClosed = false;
  localClosed = false;
  /** The DATA frame that is being read is the peer's last. */
  ending = false;
  /** No longer in the connection's table. */
  gone = false;
  /** In the connection's list of streams that can send. */
  ready = false;
  /** Sent something since the last look of the stall check. */
  moved = true;
  stalledSinceMs = 0;

  /** Received and not yet given back by the user of the stream. */
  #unread = 0;
  /** Given back and not yet told to the peer. */
  #uncredited = 0;
  readonly #pending: PendingMessage[] = [];
  #pendingBytes = 0;
  #finishing = false;
  #trailers: Uint8Array | undefined;
  #waiters: (() => void)[] = [];

  constructor(connection: Http2Connection, id: number, sendWindow: number, receiveWindow: number) {
    this.connection = connection;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether a frame could be sent now, as far as this stream is concerned. */
  get sendable(): boolean {
    return this.#pendingBytes > 0 ? this.sendWindow > 0 : this.#finishing && !this.localClosed;
  }

  received(bytes: number): void {
    this.#unread += bytes;
    this.connection.keep(bytes);
  }

  /** Gives the peer credit for `bytes` of data that are done with. */
  credit(bytes: number): void {
    if (this.gone) return;
    this.#unread -= bytes;
    this.connection.keep(-bytes);
    this.connection.creditConnection(bytes);
    if (this.remoteClosed) return;
    this.#uncredited += bytes;
    if (this.#uncredited * 2 >= this.connection.limits.streamWindowBytes) {
      this.receiveWindow += this.#uncredited;
      this.connection.sendWindowUpdate(this.id, this.#uncredited);
      this.#uncredited = 0;
    }
  }

  sendHeaders(block: Uint8Array, endStream: boolean): void {
    if (this.gone || this.localClosed) return;
    this.connection.sendHeaders(this.id, block, endStream);
    if (endStream) this.#closeLocal();
  }

  /** Queues data. The parts stay untouched until `onSent`, called exactly once. */
  send(parts: readonly Uint8Array[], bytes: number, onSent?: () => void): void {
    if (this.gone || this.localClosed || this.#finishing) {
      onSent?.();
      return;
    }
    this.#pending.push({ parts, part: 0, offset: 0, onSent });
    this.#pendingBytes += bytes;
    this.connection.queued(this, bytes);
  }

  /** Resolves once there is room for a message, or nothing will be sent any more. */
  room(): Promise<void> {
    if (this.#hasRoom) return IN_ROOM;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  get #hasRoom(): boolean {
    return this.#pendingBytes === 0 || (this.#pendingBytes < ROOM_BYTES && !this.connection.crowded);
  }

  /** Ends our side after what is queued: with trailers, or with the last DATA frame. */
  finish(trailers?: Uint8Array): void {
    if (this.gone || this.localClosed || this.#finishing) return;
    this.#finishing = true;
    this.#trailers = trailers;
    this.connection.queued(this, 0);
  }

  /**
   * Leave to write frames with `bytes` of data straight into the connection's output, ending our side; undefined when
   * they have to be queued, because something is before them or a window is too small.
   */
  takeWhole(bytes: number): Output | undefined {
    if (this.gone || this.localClosed || this.#pendingBytes > 0 || this.#finishing || bytes > this.sendWindow) return undefined;
    const output = this.connection.takeWhole(bytes);
    if (output !== undefined) this.sendWindow -= bytes;
    return output;
  }

  /** Follows {@link takeWhole} once the frames are written. */
  wholeWritten(): void {
    this.#closeLocal();
  }

  /** Ends both sides at once. */
  reset(code: number, reason: string): void {
    if (this.gone) return;
    this.connection.sendReset(this, code);
    this.destroyed(code, reason);
  }

  /** The table has let go of the stream: everything that waits for it ends. */
  destroyed(code: number, reason: string): void {
    if (this.gone) return;
    const complete = this.localClosed && this.remoteClosed;
    this.gone = true;
    this.connection.forget(this);
    this.connection.keep(-this.#unread);
    this.connection.creditConnection(this.#unread);
    this.connection.unqueued(this.#pendingBytes);
    this.#unread = 0;
    this.#pendingBytes = 0;
    for (const message of this.#pending.splice(0)) {
      if (message.onSent === undefined) continue;
      // The beginning of a message may be on its way to the kernel.
      if (message.part > 0 || message.offset > 0) this.connection.afterWrite(message.onSent);
      else message.onSent();
    }
    for (const resolve of this.#waiters.splice(0)) resolve();
    if (!complete) this.user.reset(code, reason);
  }

  closeRemote(): void {
    this.remoteClosed = true;
    this.user.ended();
    if (this.localClosed) this.destroyed(ErrorCode.noError, 'complete');
  }

  /** Writes up to `maxBytes` of data as frames, then the end if it is due. Returns the bytes of data. */
  writeFrames(output: Output, maxBytes: number, maxFrameBytes: number): number {
    let most = Math.min(maxBytes, this.sendWindow);
    let written = 0;
    while (this.#pendingBytes > 0 && most > 0) {
      const length = Math.min(this.#pendingBytes, maxFrameBytes, most);
      const last = length === this.#pendingBytes && this.#finishing && this.#trailers === undefined;
      output.frameHeader(length, FrameType.data, last ? Flag.endStream : 0, this.id);
      this.#writePayload(output, length);
      this.#pendingBytes -= length;
      written += length;
      most -= length;
      if (last) this.#closeLocal();
    }
    this.sendWindow -= written;
    this.moved = true;
    if (this.#waiters.length > 0 && this.#hasRoom) {
      for (const resolve of this.#waiters.splice(0)) resolve();
    }
    if (this.#finishing && this.#pendingBytes === 0 && !this.localClosed && !this.gone) this.#writeEnd(output);
    return written;
  }

  #writePayload(output: Output, length: number): void {
    let left = length;
    while (left > 0) {
      const message = this.#pending[0]!;
      const part = message.parts[message.part]!;
      const size = Math.min(left, part.length - message.offset);
      if (size > 0) {
        const piece = size === part.length ? part : part.subarray(message.offset, message.offset + size);
        if (size <= COPY_BYTES) output.copy(piece);
        else output.view(piece);
      }
      left -= size;
      message.offset += size;
      if (message.offset < part.length) return;
      message.offset = 0;
      message.part++;
      // Empty parts at the end of a message must not keep it in the queue.
      while (message.part < message.parts.length && message.parts[message.part]!.length === 0) message.part++;
      if (message.part < message.parts.length) continue;
      this.#pending.shift();
      if (message.onSent !== undefined) this.connection.afterWrite(message.onSent);
    }
  }

  #writeEnd(output: Output): void {
    if (this.#trailers === undefined) {
      output.frameHeader(0, FrameType.data, Flag.endStream, this.id);
    } else {
      output.frameHeader(this.#trailers.length, FrameType.headers, Flag.endStream | Flag.endHeaders, this.id);
      output.copy(this.#trailers);
    }
    this.#closeLocal();
  }

  #closeLocal(): void {
    this.localClosed = true;
    if (this.remoteClosed) this.destroyed(ErrorCode.noError, 'complete');
    else this.connection.localEnded(this);
  }
}
