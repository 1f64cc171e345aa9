import type { Clock } from '@alluvium/base';
import type { HeaderBlock } from '../hpack/header-block.js';
import type { ByteConnection, ByteUser } from './byte-connection.js';
import { CONNECTION_LOST, ConnectionFault, ErrorCode } from './errors.js';
import { DEFAULT_MAX_FRAME_BYTES, DEFAULT_WINDOW_BYTES, Flag, FrameType, MAX_STREAM_ID, MAX_WINDOW_BYTES, PREFACE } from './frames.js';
import { Keepalive } from './keepalive.js';
import type { KeepaliveOptions } from './keepalive.js';
import type { Http2Limits } from './limits.js';
import type { MemoryBudget } from './memory-budget.js';
import { Output } from './output.js';
import { FrameDispatch } from './frame-dispatch.js';
import { SendQueue } from './send-queue.js';
import { defaultPeerSettings, encodeSettings } from './settings.js';
import type { PeerSettings } from './settings.js';
import { Http2Stream } from './stream.js';

/** Who is told of what happens on a connection. */
export interface ConnectionUser {
  /** A server's: a request has come. Sets the stream's user. `ended` follows if the request has no body. */
  request(stream: Http2Stream, head: HeaderBlock): void;
  /** The peer's first SETTINGS are here. */
  opened(): void;
  /** The peer will take no stream above `lastStreamId`. */
  goaway(lastStreamId: number, code: number, message: string): void;
  /** A stream has ended. */
  streamEnded(): void;
  /** A defect of ours, met while reading; the connection is failed. */
  defect(error: unknown): void;
  closed(reason: string): void;
}

export interface ConnectionOptions {
  readonly role: 'server' | 'client';
  readonly io: ByteConnection;
  readonly clock: Clock;
  readonly limits: Http2Limits;
  readonly keepalive: KeepaliveOptions;
  readonly budget: MemoryBudget;
}

/** Handed to the kernel at a time, so that streams have their turns and memory stays bounded. */
const BATCH_BYTES = 2 ** 21;
/** As much queued data is sent at once instead of at the end of the turn. */
const EAGER_BYTES = 262_144;
/** Streams that we ended early and whose late frames are ignored. */
const REMEMBERED_RESETS = 1024;
/** What an open stream counts in the memory budget beyond its data. */
const STREAM_BYTES = 4096;
/** Header blocks are sent in frames of at most this: the least that every peer takes. */
const HEADERS_FRAME_BYTES = DEFAULT_MAX_FRAME_BYTES;

/**
 * One HTTP/2 connection (RFC 9113), either side: the table of streams, what is sent, and the end. Frames that come in
 * are taken apart in {@link FrameDispatch}.
 */
export class Http2Connection implements ByteUser {
  readonly role: 'server' | 'client';
  readonly limits: Http2Limits;
  readonly clock: Clock;
  readonly peer: string;
  readonly peerSettings: PeerSettings = defaultPeerSettings();
  readonly streams = new Map<number, Http2Stream>();
  readonly user: ConnectionUser;
  /** Highest stream that the peer has opened. */
  lastPeerStreamId = 0;
  /** What we still let the peer send on the whole connection. */
  receiveWindow: number;

  readonly #io: ByteConnection;
  readonly #dispatch: FrameDispatch;
  readonly #output = new Output();
  readonly #queue = new SendQueue(DEFAULT_WINDOW_BYTES);
  readonly #keepalive: Keepalive;
  readonly #startedAtMs: number;
  readonly #resets = new Int32Array(REMEMBERED_RESETS);
  #resetCount = 0;
  #nextStreamId = 1;
  #uncredited = 0;
  #held = 0;
  readonly #budget: MemoryBudget;
  #kept = 0;
  #idleSinceMs: number;
  #reading = false;
  #flushing = false;
  #deferred = false;
  /** The kernel has not taken all of the last write. */
  #blocked = false;
  #blockedSinceMs = 0;
  #written: (() => void)[] = [];
  #inKernel: (() => void)[] = [];
  /** Bytes of data that the kernel has not taken. */
  #untakenBytes = 0;
  /** Set once the connection takes no part in anything any more. */
  #ending: { readonly reason: string; readonly atMs: number } | undefined;
  #halfClosed = false;
  #closed = false;
  /** GOAWAY sent: higher streams of the peer are refused. */
  #refuseAbove = MAX_STREAM_ID;

  constructor(user: ConnectionUser, options: ConnectionOptions) {
    this.user = user;
    this.role = options.role;
    this.limits = options.limits;
    this.clock = options.clock;
    this.peer = options.io.peer;
    this.#io = options.io;
    this.#budget = options.budget;
    this.#startedAtMs = options.clock.monotonicMs();
    this.#idleSinceMs = this.#startedAtMs;
    this.#keepalive = new Keepalive(options.keepalive, this.#startedAtMs);
    this.#dispatch = new FrameDispatch(this);
    this.receiveWindow = options.limits.connectionWindowBytes;
    this.#greet();
    this.#io.attach(this);
    this.flush();
  }

  get open(): boolean {
    return this.#ending === undefined && !this.#closed;
  }

  get refuseAbove(): number {
    return this.#refuseAbove;
  }

  #greet(): void {
    const { limits, role } = this;
    if (role === 'client') this.#output.copy(PREFACE);
    const settings = encodeSettings({
      role,
      maxConcurrentStreams: limits.concurrentStreams,
      initialWindowBytes: limits.streamWindowBytes,
      maxFrameBytes: limits.frameBytes,
      maxHeaderListBytes: limits.headerListBytes,
    });
    this.#output.frameHeader(settings.length, FrameType.settings, 0, 0);
    this.#output.copy(settings);
    const more = limits.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) this.#writeUint32Frame(FrameType.windowUpdate, 0, more);
  }

  // What comes from the socket.

  bytes(chunk: Buffer): void {
    if (!this.open) return;
    this.#keepalive.heard();
    this.#reading = true;
    try {
      this.#dispatch.push(chunk);
    } catch (error) {
      if (error instanceof ConnectionFault) {
        this.fail(error.code, error.message);
      } else {
        this.fail(ErrorCode.internalError, 'internal error');
        this.user.defect(error);
      }
    } finally {
      this.#reading = false;
    }
    this.flush();
  }

  taken(): void {
    this.#blocked = false;
    if (this.#output.bytes === 0) this.#output.recycle();
    this.#runSent();
    this.flush();
  }

  closed(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    const reason = this.#ending?.reason ?? (error === undefined ? 'connection closed by the peer' : `connection lost: ${error.message}`);
    this.#destroyStreams(reason);
    this.#runSent();
    for (const callback of this.#written.splice(0)) callback();
    this.user.closed(reason);
  }

  // Streams.

  /** Opens a stream as a client; undefined when the connection has no more stream ids. */
  openStream(): Http2Stream | undefined {
    if (this.#nextStreamId > MAX_STREAM_ID) return undefined;
    const stream = this.addStream(this.#nextStreamId);
    this.#nextStreamId += 2;
    return stream;
  }

  addStream(id: number): Http2Stream {
    const stream = new Http2Stream(this, id, this.peerSettings.initialWindowBytes, this.limits.streamWindowBytes);
    this.streams.set(id, stream);
    this.keep(STREAM_BYTES);
    return stream;
  }

  forget(stream: Http2Stream): void {
    this.streams.delete(stream.id);
    this.keep(-STREAM_BYTES);
    if (this.streams.size === 0) this.#idleSinceMs = this.clock.monotonicMs();
    if (!this.#closed) this.user.streamEnded();
  }

  /** Whether frames for a stream that is gone are a matter of course, because we ended it first. */
  wasReset(id: number): boolean {
    return this.#resets.includes(id);
  }

  /** Whether a stream id was never used by the side it belongs to. */
  isIdle(id: number): boolean {
    const own = (id & 1) === (this.role === 'client' ? 1 : 0);
    return own ? this.role === 'server' || id >= this.#nextStreamId : id > this.lastPeerStreamId;
  }

  /** A server that has answered does not want the rest of the request (RFC 9113, section 8.1). */
  localEnded(stream: Http2Stream): void {
    if (this.role !== 'server') return;
    this.sendReset(stream, ErrorCode.noError);
    stream.remoteClosed = true;
    stream.destroyed(ErrorCode.noError, 'complete');
  }

  /** Bytes kept for this peer: received and not read, queued, and not yet taken by the kernel. */
  get keptBytes(): number {
    return this.#kept;
  }

  /** Counts what is kept for this peer: `bytes` more, or fewer. */
  keep(bytes: number): void {
    this.#kept += bytes;
    this.#budget.add(bytes);
  }

  // Flow control.

  /** So much is queued that a stream is asked to send its messages one at a time. */
  get crowded(): boolean {
    return this.#queue.bytes * 4 > this.limits.queuedSendBytes;
  }

  queued(stream: Http2Stream, bytes: number): void {
    this.keep(bytes);
    this.#queue.added(bytes);
    this.#queue.offer(stream);
    if (this.#queue.bytes > this.limits.queuedSendBytes) this.fail(ErrorCode.enhanceYourCalm, 'too much data waits for this peer');
    else if (this.#queue.bytes >= EAGER_BYTES && !this.#reading) this.flush();
    else this.#flushLater();
  }

  unqueued(bytes: number): void {
    this.keep(-bytes);
    this.#queue.removed(bytes);
  }

  takeWhole(bytes: number): Output | undefined {
    if (
      this.#blocked ||
      !this.open ||
      bytes > this.#queue.window ||
      bytes > this.peerSettings.maxFrameBytes ||
      this.#output.bytes > BATCH_BYTES
    )
      return undefined;
    this.#queue.window -= bytes;
    this.#flushLater();
    return this.#output;
  }

  /** Calls back once everything that was written until now is with the kernel, or never will be. */
  afterWrite(callback: () => void): void {
    if (this.#output.bytes > 0) this.#written.push(callback);
    else if (this.#blocked) this.#inKernel.push(callback);
    else callback();
  }

  creditConnection(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited * 2 < this.limits.connectionWindowBytes || !this.open) return;
    this.receiveWindow += this.#uncredited;
    this.sendWindowUpdate(0, this.#uncredited);
    this.#uncredited = 0;
  }

  /** Counts bytes of unfinished messages that were given back to the peer's window although they are still kept. */
  hold(bytes: number): void {
    this.#held += bytes;
    this.keep(bytes);
    if (this.#held > this.limits.partialMessageBytes) this.fail(ErrorCode.enhanceYourCalm, 'too much of unfinished messages');
  }

  windowGrew(streamId: number, bytes: number): void {
    if (streamId === 0) {
      this.#queue.window += bytes;
      if (this.#queue.window > MAX_WINDOW_BYTES) throw new ConnectionFault(ErrorCode.flowControlError, 'connection window too large');
    } else {
      const stream = this.streams.get(streamId);
      if (stream === undefined) return;
      if (stream.sendWindow + bytes > MAX_WINDOW_BYTES) return stream.reset(ErrorCode.flowControlError, 'stream window too large');
      stream.sendWindow += bytes;
      this.#queue.offer(stream);
    }
    if (this.#queue.hasReady) this.#flushLater();
  }

  /** The peer changed the window that its streams begin with; open ones change by the difference. */
  initialWindowChanged(difference: number): void {
    for (const stream of this.streams.values()) {
      stream.sendWindow += difference;
      if (stream.sendWindow > MAX_WINDOW_BYTES) throw new ConnectionFault(ErrorCode.flowControlError, 'stream window too large');
      this.#queue.offer(stream);
    }
    if (this.#queue.hasReady) this.#flushLater();
  }

  // Frames that go out.

  sendHeaders(streamId: number, block: Uint8Array, endStream: boolean): void {
    const most = HEADERS_FRAME_BYTES;
    const single = block.length <= most;
    this.#output.frameHeader(
      single ? block.length : most,
      FrameType.headers,
      (endStream ? Flag.endStream : 0) | (single ? Flag.endHeaders : 0),
      streamId,
    );
    this.#output.copy(single ? block : block.subarray(0, most));
    for (let at = most; at < block.length; at += most) {
      const piece = block.subarray(at, at + most);
      this.#output.frameHeader(piece.length, FrameType.continuation, at + most >= block.length ? Flag.endHeaders : 0, streamId);
      this.#output.copy(piece);
    }
    this.#controlAdded();
  }

  sendReset(stream: Http2Stream, code: number): void {
    this.resetUnknown(stream.id, code);
    if (code !== ErrorCode.noError && code !== ErrorCode.cancel) this.#dispatch.countFault();
    this.#resets[this.#resetCount++ % REMEMBERED_RESETS] = stream.id;
  }

  resetUnknown(streamId: number, code: number): void {
    this.#writeUint32Frame(FrameType.rstStream, streamId, code);
    this.#controlAdded();
  }

  /** Turns a stream of the peer away before anything was done for it. */
  refuse(streamId: number): void {
    this.#resets[this.#resetCount++ % REMEMBERED_RESETS] = streamId;
    this.resetUnknown(streamId, ErrorCode.refusedStream);
  }

  sendWindowUpdate(streamId: number, bytes: number): void {
    this.#writeUint32Frame(FrameType.windowUpdate, streamId, bytes);
    this.#controlAdded();
  }

  /** An answer or an announcement: SETTINGS and PING, each with or without ACK. */
  sendControl(type: number, flags: number, payload: Uint8Array): void {
    this.#output.frameHeader(payload.length, type, flags, 0);
    this.#output.copy(payload);
    this.#controlAdded();
  }

  #writeUint32Frame(type: number, streamId: number, value: number): void {
    this.#output.frameHeader(4, type, 0, streamId);
    const at = this.#output.reserve(4);
    this.#output.slab.writeUInt32BE(value, at);
  }

  #controlAdded(): void {
    if (this.#blocked && this.#output.bytes > this.limits.queuedControlBytes)
      this.fail(ErrorCode.enhanceYourCalm, 'the peer does not read');
    else this.#flushLater();
  }

  // Writing: at the end of the input that caused it, or of the turn of the event loop.

  #flushLater(): void {
    if (this.#reading || this.#flushing || this.#deferred || this.#blocked) return;
    this.#deferred = true;
    this.#io.defer(this.#flushDeferred);
  }

  readonly #flushDeferred = (): void => {
    this.#deferred = false;
    this.flush();
  };

  flush(): void {
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    while (!this.#blocked) {
      if (this.#queue.hasReady) this.#untakenBytes += this.#queue.pump(this.#output, BATCH_BYTES, this.peerSettings.maxFrameBytes);
      if (this.#output.bytes === 0) break;
      this.#inKernel = this.#written;
      this.#written = [];
      if (this.#io.write(this.#output.take())) {
        this.#output.recycle();
        this.#runSent();
      } else {
        this.#blocked = true;
        this.#blockedSinceMs = this.clock.monotonicMs();
      }
    }
    this.#flushing = false;
    if (this.#ending === undefined || this.#blocked || this.#halfClosed) return;
    this.#halfClosed = true;
    this.#io.end();
  }

  #runSent(): void {
    this.keep(-this.#untakenBytes);
    this.#untakenBytes = 0;
    if (this.#inKernel.length === 0) return;
    const callbacks = this.#inKernel;
    this.#inKernel = [];
    for (const callback of callbacks) callback();
  }

  // The end.

  /** Takes no more streams; those up to `lastStreamId` go on. */
  sendGoaway(lastStreamId: number, code: number, message: string): void {
    const debug = Buffer.from(message.slice(0, 200), 'latin1');
    this.#refuseAbove = Math.min(this.#refuseAbove, lastStreamId);
    this.#output.frameHeader(8 + debug.length, FrameType.goaway, 0, 0);
    const at = this.#output.reserve(8);
    this.#output.slab.writeUInt32BE(lastStreamId, at);
    this.#output.slab.writeUInt32BE(code, at + 4);
    this.#output.copy(debug);
    this.#flushLater();
  }

  /** GOAWAY with an error, then the end of the connection and of all its streams. */
  fail(code: number, message: string): void {
    if (!this.open) return;
    this.sendGoaway(this.lastPeerStreamId, code, message);
    this.#end(message);
  }

  /** Ends a connection that is not used any more. */
  close(reason: string): void {
    if (!this.open) return;
    this.sendGoaway(this.lastPeerStreamId, ErrorCode.noError, '');
    this.#end(reason);
  }

  /** Cuts the connection without a word. */
  destroy(reason: string): void {
    this.#ending ??= { reason, atMs: this.clock.monotonicMs() };
    this.#io.destroy();
  }

  #end(reason: string): void {
    this.#ending = { reason, atMs: this.clock.monotonicMs() };
    this.#destroyStreams(reason);
    this.flush();
  }

  #destroyStreams(reason: string): void {
    for (const stream of this.streams.values()) stream.destroyed(CONNECTION_LOST, reason);
  }

  /** Looks after time: the slow beginning, the peer that is silent or does not take what it asked for, the slow end. */
  sweep(nowMs: number): void {
    if (this.#closed) return;
    const { limits } = this;
    if (this.#ending !== undefined) {
      if (nowMs - this.#ending.atMs >= limits.closeTimeoutMs) this.#io.destroy();
      return;
    }
    if (this.streams.size === 0 && nowMs - this.#idleSinceMs >= limits.idleTimeoutMs) return this.close('idle');
    if (!this.#dispatch.opened && nowMs - this.#startedAtMs >= limits.prefaceTimeoutMs) return this.destroy('no HTTP/2 preface in time');
    if (this.#blocked && nowMs - this.#blockedSinceMs >= limits.sendStallMs) return this.destroy('the peer takes no data');
    const verdict = this.#keepalive.check(nowMs);
    if (verdict === 'dead') return this.destroy('no answer to a keepalive ping');
    if (verdict === 'ping') this.sendControl(FrameType.ping, 0, Keepalive.payload);
    if (this.#queue.bytes > 0) this.#resetStalled(nowMs);
  }

  #resetStalled(nowMs: number): void {
    for (const stream of this.streams.values()) {
      if (stream.pendingBytes === 0) continue;
      if (stream.moved) {
        stream.moved = false;
        stream.stalledSinceMs = nowMs;
      } else if (nowMs - stream.stalledSinceMs >= this.limits.sendStallMs) {
        stream.reset(ErrorCode.cancel, 'the peer gives no window');
      }
    }
  }
}
