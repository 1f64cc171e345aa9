import { HpackDecoder, HpackError } from '../hpack/decoder.js';
import type { HeaderBlock } from '../hpack/header-block.js';
import type { Http2Connection } from './connection.js';
import { ConnectionFault, ErrorCode } from './errors.js';
import { FrameReader } from './frame-reader.js';
import type { FrameSink } from './frame-reader.js';
import { Flag, FrameType, PREFACE } from './frames.js';
import { RateLimiter } from './limits.js';
import type { Rate } from './limits.js';
import { applySettings } from './settings.js';
import type { Http2Stream } from './stream.js';

/** A header block whose END_HEADERS has not come. */
interface OpenBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly fragments: Buffer[];
  bytes: number;
  readonly dependsOnItself: boolean;
}

type Counted = 'resets' | 'pings' | 'settings' | 'emptyData' | 'smallWindowUpdates' | 'uselessFrames';

/** A WINDOW_UPDATE of less is counted: a peer that wants its data faster sends larger ones. */
const SMALL_UPDATE_BYTES = 1024;

/**
 * What each frame from the peer means for the connection and its streams (RFC 9113, sections 5 and 6). A broken rule
 * that concerns one stream resets it; any other throws {@link ConnectionFault}.
 */
export class FrameDispatch implements FrameSink {
  readonly #connection: Http2Connection;
  readonly #reader: FrameReader;
  readonly #hpack: HpackDecoder;
  readonly #limiters: Record<Counted, RateLimiter>;
  #prefaceBytes: number;
  #opened = false;
  #block: OpenBlock | undefined;
  /** The stream of the DATA frame that is being read, and what of the frame was not yet handed on. */
  #dataStream: Http2Stream | undefined;
  #dataLength = 0;
  #dataLeft = 0;

  constructor(connection: Http2Connection) {
    const { limits } = connection;
    const nowMs = connection.clock.monotonicMs();
    const limiter = (rate: Rate): RateLimiter => new RateLimiter(rate, nowMs);
    this.#connection = connection;
    this.#reader = new FrameReader(this, limits.frameBytes, limits.headerBlockBytes);
    this.#hpack = new HpackDecoder({ tableBytes: limits.headerTableBytes, listBytes: limits.headerListBytes, fields: limits.headerFields });
    this.#prefaceBytes = connection.role === 'server' ? 0 : PREFACE.length;
    this.#limiters = {
      resets: limiter(limits.resets),
      pings: limiter(limits.pings),
      settings: limiter(limits.settings),
      emptyData: limiter(limits.emptyData),
      smallWindowUpdates: limiter(limits.smallWindowUpdates),
      uselessFrames: limiter(limits.uselessFrames),
    };
  }

  /** The peer's first SETTINGS have come. */
  get opened(): boolean {
    return this.#opened;
  }

  push(chunk: Buffer): void {
    if (this.#prefaceBytes === PREFACE.length) return this.#reader.push(chunk);
    const size = Math.min(chunk.length, PREFACE.length - this.#prefaceBytes);
    if (PREFACE.compare(chunk, 0, size, this.#prefaceBytes, this.#prefaceBytes + size) !== 0) {
      throw new ConnectionFault(ErrorCode.protocolError, 'not an HTTP/2 client preface');
    }
    this.#prefaceBytes += size;
    if (size < chunk.length) this.#reader.push(chunk.subarray(size));
  }

  dataBegins(streamId: number, flags: number, length: number): void {
    const connection = this.#connection;
    this.#expectOrder(FrameType.data, streamId);
    if (streamId === 0) throw fault('DATA on stream 0');
    connection.receiveWindow -= length;
    if (connection.receiveWindow < 0) throw new ConnectionFault(ErrorCode.flowControlError, 'more data than the connection window');
    this.#dataLength = length;
    this.#dataLeft = length;
    this.#dataStream = undefined;
    const stream = connection.streams.get(streamId);
    if (stream === undefined) return this.#dataForGone(streamId);
    if (stream.remoteClosed) return stream.reset(ErrorCode.streamClosed, 'DATA after the end of the stream');
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) throw new ConnectionFault(ErrorCode.flowControlError, 'more data than the stream window');
    stream.received(length);
    stream.ending = (flags & Flag.endStream) !== 0;
    this.#dataStream = stream;
  }

  #dataForGone(streamId: number): void {
    const connection = this.#connection;
    if (connection.isIdle(streamId)) throw fault('DATA on an idle stream');
    this.#count('uselessFrames');
    if (!connection.wasReset(streamId)) connection.resetUnknown(streamId, ErrorCode.streamClosed);
  }

  dataPart(chunk: Buffer, start: number, end: number): void {
    const stream = this.#dataStream;
    // A stream that went between two pieces has given its whole frame back already.
    if (stream !== undefined && stream.gone) this.#dataLeft = 0;
    if (stream === undefined || stream.gone) return;
    this.#dataLeft -= end - start;
    stream.user.data(chunk, start, end);
  }

  dataEnds(): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream === undefined) return this.#connection.creditConnection(this.#dataLeft);
    if (stream.gone) return;
    if (this.#dataLeft === this.#dataLength && !stream.ending) this.#count('emptyData');
    if (this.#dataLeft > 0) stream.credit(this.#dataLeft);
    if (stream.ending) stream.closeRemote();
  }

  unknownFrame(): void {
    this.#expectOrder(-1, 0);
    this.#count('uselessFrames');
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer, start: number, end: number): void {
    this.#expectOrder(type, streamId);
    switch (type) {
      case FrameType.headers:
        return this.#headers(flags, streamId, payload, start, end);
      case FrameType.continuation:
        return this.#continuation(flags, payload, start, end);
      case FrameType.priority:
        return this.#priority(streamId, payload, start, end);
      case FrameType.rstStream:
        return this.#rstStream(streamId, payload, start, end);
      case FrameType.settings:
        return this.#settings(flags, streamId, payload, start, end);
      case FrameType.ping:
        return this.#ping(flags, streamId, payload, start, end);
      case FrameType.goaway:
        return this.#goaway(streamId, payload, start, end);
      case FrameType.windowUpdate:
        return this.#windowUpdate(streamId, payload, start, end);
      default:
        throw fault('PUSH_PROMISE is not allowed');
    }
  }

  /** SETTINGS come first; a header block is not interrupted. */
  #expectOrder(type: number, streamId: number): void {
    // What else was received with the frame that ended the connection is not read.
    if (!this.#connection.open) throw new ConnectionFault(ErrorCode.noError, 'ended');
    if (!this.#opened && type !== FrameType.settings) throw fault('the first frame is not SETTINGS');
    if (
      this.#block === undefined ? type === FrameType.continuation : type !== FrameType.continuation || streamId !== this.#block.streamId
    ) {
      throw fault(this.#block === undefined ? 'CONTINUATION without HEADERS' : 'a header block was interrupted');
    }
  }

  #count(what: Counted): void {
    if (!this.#limiters[what].allows(this.#connection.clock.monotonicMs()))
      throw new ConnectionFault(ErrorCode.enhanceYourCalm, `too_many_${what}`);
  }

  /** Counts a stream that the peer made us reset. */
  countFault(): void {
    const { clock, role } = this.#connection;
    if (role === 'server' && !this.#limiters.resets.allows(clock.monotonicMs()))
      this.#connection.fail(ErrorCode.enhanceYourCalm, 'too_many_resets');
  }

  #headers(flags: number, streamId: number, payload: Buffer, start: number, end: number): void {
    if (streamId === 0) throw fault('HEADERS on stream 0');
    let from = start;
    let to = end;
    let dependsOnItself = false;
    if ((flags & Flag.padded) !== 0) {
      if (from >= to) throw new ConnectionFault(ErrorCode.frameSizeError, 'padded HEADERS without a pad length');
      to -= payload[from++]!;
    }
    if ((flags & Flag.priority) !== 0) {
      if (to - from < 5) throw new ConnectionFault(ErrorCode.frameSizeError, 'HEADERS too short for its priority');
      dependsOnItself = (payload.readUInt32BE(from) & 0x7fffffff) === streamId;
      from += 5;
    }
    if (from > to) throw fault('more padding than payload');
    const endStream = (flags & Flag.endStream) !== 0;
    if ((flags & Flag.endHeaders) !== 0) return this.#blockEnds(streamId, endStream, dependsOnItself, payload, from, to);
    // The payload is valid during this call only.
    this.#block = { streamId, endStream, dependsOnItself, fragments: [Buffer.from(payload.subarray(from, to))], bytes: to - from };
  }

  #continuation(flags: number, payload: Buffer, start: number, end: number): void {
    const block = this.#block!;
    const { limits } = this.#connection;
    block.bytes += end - start;
    block.fragments.push(Buffer.from(payload.subarray(start, end)));
    if (block.bytes > limits.headerBlockBytes || block.fragments.length > limits.continuationFrames + 1) {
      throw new ConnectionFault(ErrorCode.enhanceYourCalm, 'header block too long');
    }
    if ((flags & Flag.endHeaders) === 0) return;
    this.#block = undefined;
    const whole = Buffer.concat(block.fragments);
    this.#blockEnds(block.streamId, block.endStream, block.dependsOnItself, whole, 0, whole.length);
  }

  #blockEnds(streamId: number, endStream: boolean, dependsOnItself: boolean, source: Buffer, start: number, end: number): void {
    let block: HeaderBlock;
    try {
      block = this.#hpack.decode(source, start, end);
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionFault(ErrorCode.compressionError, error.message);
      throw error;
    }
    const connection = this.#connection;
    const stream = connection.streams.get(streamId);
    if (stream !== undefined) this.#furtherHeaders(stream, block, endStream);
    else if (connection.role === 'server' && (streamId & 1) === 1 && streamId > connection.lastPeerStreamId)
      this.#newStream(streamId, block, endStream, dependsOnItself);
    else if (connection.isIdle(streamId)) throw fault("HEADERS on a stream that is not the sender's to open");
    else if (!connection.wasReset(streamId)) throw new ConnectionFault(ErrorCode.streamClosed, 'HEADERS on a closed stream');
    else this.#count('uselessFrames');
  }

  #furtherHeaders(stream: Http2Stream, block: HeaderBlock, endStream: boolean): void {
    if (stream.remoteClosed) return stream.reset(ErrorCode.streamClosed, 'HEADERS after the end of the stream');
    if (this.#connection.role === 'server' && (!endStream || hasPseudoHeader(block)))
      return stream.reset(ErrorCode.protocolError, 'bad trailers');
    stream.user.headers(block, endStream);
    if (endStream && !stream.gone) stream.closeRemote();
  }

  #newStream(streamId: number, block: HeaderBlock, endStream: boolean, dependsOnItself: boolean): void {
    const connection = this.#connection;
    connection.lastPeerStreamId = streamId;
    if (dependsOnItself) {
      this.#count('resets');
      return connection.resetUnknown(streamId, ErrorCode.protocolError);
    }
    if (streamId > connection.refuseAbove || connection.streams.size >= connection.limits.concurrentStreams) {
      this.#count('resets');
      return connection.refuse(streamId);
    }
    const stream = connection.addStream(streamId);
    stream.remoteClosed = endStream;
    connection.user.request(stream, block);
    if (endStream && !stream.gone) stream.closeRemote();
  }

  #priority(streamId: number, payload: Buffer, start: number, end: number): void {
    if (streamId === 0) throw fault('PRIORITY on stream 0');
    this.#count('uselessFrames');
    if (end - start !== 5) return this.#resetAny(streamId, ErrorCode.frameSizeError, 'PRIORITY of a bad length');
    if ((payload.readUInt32BE(start) & 0x7fffffff) === streamId)
      this.#resetAny(streamId, ErrorCode.protocolError, 'a stream that depends on itself');
  }

  #resetAny(streamId: number, code: number, reason: string): void {
    const stream = this.#connection.streams.get(streamId);
    if (stream === undefined) this.#connection.resetUnknown(streamId, code);
    else stream.reset(code, reason);
  }

  #rstStream(streamId: number, payload: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw new ConnectionFault(ErrorCode.frameSizeError, 'RST_STREAM of a bad length');
    if (streamId === 0 || this.#connection.isIdle(streamId)) throw fault('RST_STREAM on an idle stream');
    const stream = this.#connection.streams.get(streamId);
    if (stream === undefined) return this.#count('uselessFrames');
    if (this.#connection.role === 'server') this.#count('resets');
    const code = payload.readUInt32BE(start);
    stream.destroyed(code, `stream reset by the peer with code ${code}`);
  }

  #settings(flags: number, streamId: number, payload: Buffer, start: number, end: number): void {
    if (streamId !== 0) throw fault('SETTINGS on a stream');
    if ((flags & Flag.ack) !== 0) {
      if (end > start) throw new ConnectionFault(ErrorCode.frameSizeError, 'SETTINGS acknowledgement with a payload');
      if (!this.#opened) throw fault('the first frame is an acknowledgement');
      return this.#count('uselessFrames');
    }
    this.#count('settings');
    const connection = this.#connection;
    const before = connection.peerSettings.initialWindowBytes;
    applySettings(connection.peerSettings, payload, start, end);
    connection.initialWindowChanged(connection.peerSettings.initialWindowBytes - before);
    connection.sendControl(FrameType.settings, Flag.ack, EMPTY);
    if (this.#opened) return;
    this.#opened = true;
    connection.user.opened();
  }

  #ping(flags: number, streamId: number, payload: Buffer, start: number, end: number): void {
    if (streamId !== 0) throw fault('PING on a stream');
    if (end - start !== 8) throw new ConnectionFault(ErrorCode.frameSizeError, 'PING of a bad length');
    if ((flags & Flag.ack) !== 0) return this.#count('uselessFrames');
    this.#count('pings');
    this.#connection.sendControl(FrameType.ping, Flag.ack, payload.subarray(start, end));
  }

  #goaway(streamId: number, payload: Buffer, start: number, end: number): void {
    if (streamId !== 0) throw fault('GOAWAY on a stream');
    if (end - start < 8) throw new ConnectionFault(ErrorCode.frameSizeError, 'GOAWAY of a bad length');
    this.#count('uselessFrames');
    const last = payload.readUInt32BE(start) & 0x7fffffff;
    this.#connection.user.goaway(last, payload.readUInt32BE(start + 4), payload.toString('latin1', start + 8, Math.min(end, start + 208)));
  }

  #windowUpdate(streamId: number, payload: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw new ConnectionFault(ErrorCode.frameSizeError, 'WINDOW_UPDATE of a bad length');
    const bytes = payload.readUInt32BE(start) & 0x7fffffff;
    if (streamId !== 0 && this.#connection.isIdle(streamId)) throw fault('WINDOW_UPDATE on an idle stream');
    if (bytes < SMALL_UPDATE_BYTES) this.#count('smallWindowUpdates');
    if (bytes > 0) return this.#connection.windowGrew(streamId, bytes);
    if (streamId === 0) throw fault('WINDOW_UPDATE by nothing');
    this.#connection.streams.get(streamId)?.reset(ErrorCode.protocolError, 'WINDOW_UPDATE by nothing');
  }
}

function hasPseudoHeader(block: HeaderBlock): boolean {
  return block.fields.some((text, i) => i % 2 === 0 && text.charCodeAt(0) === 0x3a);
}

function fault(message: string): ConnectionFault {
  return new ConnectionFault(ErrorCode.protocolError, message);
}

const EMPTY = Buffer.alloc(0);
