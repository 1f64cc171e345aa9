import { ConnectionFault, ErrorCode } from './errors.js';
import { FRAME_HEADER_BYTES, Flag, FrameType } from './frames.js';

/** Where a {@link FrameReader} delivers. Buffers are views into what was received. Throwing ends the reading. */
export interface FrameSink {
  /** A DATA frame begins; `length` is what flow control counts, padding included. */
  dataBegins(streamId: number, flags: number, length: number): void;
  /** A piece of its data, not empty. */
  dataPart(chunk: Buffer, start: number, end: number): void;
  dataEnds(): void;
  /** A frame of any other known type, whole. The bytes are valid during the call only. */
  frame(type: number, flags: number, streamId: number, payload: Buffer, start: number, end: number): void;
  unknownFrame(): void;
}

const AT_HEADER = 0;
const AT_PAD_LENGTH = 1;
const IN_DATA = 2;
const IN_PADDING = 3;
const IN_CONTROL = 4;
const IN_UNKNOWN = 5;

/**
 * Cuts what a socket received into frames, wherever the pieces were split. Data is passed on as it comes, without being
 * collected; the other frames, which are small, are whole.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxFrameBytes: number;
  readonly #maxControlBytes: number;
  #state = AT_HEADER;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Bytes of the current frame still to come, without padding. */
  #left = 0;
  #padding = 0;
  #control: Buffer[] = [];

  /** `maxControlBytes` bounds what is collected of one frame that is not DATA. */
  constructor(sink: FrameSink, maxFrameBytes: number, maxControlBytes: number) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
    this.#maxControlBytes = maxControlBytes;
  }

  /** Reads a piece. Throws {@link ConnectionFault} for a frame that cannot be; the reader is of no use then. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === AT_HEADER) at = this.#readHeader(chunk, at);
      else if (this.#state === IN_DATA) at = this.#readData(chunk, at);
      else if (this.#state === IN_CONTROL) at = this.#readControl(chunk, at);
      else if (this.#state === AT_PAD_LENGTH) this.#beginPadded(chunk[at++]!);
      else at = this.#skip(chunk, at);
    }
  }

  #readHeader(chunk: Buffer, at: number): number {
    if (this.#headerBytes === 0 && chunk.length - at >= FRAME_HEADER_BYTES) {
      this.#begin(chunk, at);
      return at + FRAME_HEADER_BYTES;
    }
    const taken = chunk.copy(this.#header, this.#headerBytes, at, at + FRAME_HEADER_BYTES - this.#headerBytes);
    this.#headerBytes += taken;
    if (this.#headerBytes === FRAME_HEADER_BYTES) {
      this.#headerBytes = 0;
      this.#begin(this.#header, 0);
    }
    return at + taken;
  }

  #begin(buffer: Buffer, at: number): void {
    const length = (buffer[at]! << 16) | (buffer[at + 1]! << 8) | buffer[at + 2]!;
    const type = buffer[at + 3]!;
    const flags = buffer[at + 4]!;
    const streamId = ((buffer[at + 5]! & 0x7f) << 24) | (buffer[at + 6]! << 16) | (buffer[at + 7]! << 8) | buffer[at + 8]!;
    if (length > this.#maxFrameBytes) throw new ConnectionFault(ErrorCode.frameSizeError, `frame of ${length} bytes`);
    this.#type = type;
    this.#flags = flags;
    this.#streamId = streamId;
    this.#left = length;
    this.#padding = 0;
    if (type === FrameType.data) this.#beginData(length);
    else if (type > FrameType.continuation) this.#beginUnknown();
    else this.#beginControl(length);
  }

  #beginData(length: number): void {
    this.#sink.dataBegins(this.#streamId, this.#flags, length);
    if ((this.#flags & Flag.padded) !== 0) {
      if (length === 0) throw new ConnectionFault(ErrorCode.frameSizeError, 'padded DATA without a pad length');
      this.#state = AT_PAD_LENGTH;
    } else if (length === 0) {
      this.#endData();
    } else {
      this.#state = IN_DATA;
    }
  }

  #beginPadded(padding: number): void {
    this.#left -= 1;
    if (padding > this.#left) throw new ConnectionFault(ErrorCode.protocolError, 'more padding than payload');
    this.#left -= padding;
    this.#padding = padding;
    this.#state = IN_DATA;
    if (this.#left === 0) this.#endData();
  }

  #endData(): void {
    this.#state = this.#padding > 0 ? IN_PADDING : AT_HEADER;
    this.#left = this.#padding;
    if (this.#padding === 0) this.#sink.dataEnds();
  }

  #readData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    this.#sink.dataPart(chunk, at, end);
    if (this.#left === 0) this.#endData();
    return end;
  }

  #beginUnknown(): void {
    this.#sink.unknownFrame();
    this.#state = this.#left === 0 ? AT_HEADER : IN_UNKNOWN;
  }

  #skip(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) {
      if (this.#state === IN_PADDING) this.#sink.dataEnds();
      this.#state = AT_HEADER;
    }
    return end;
  }

  #beginControl(length: number): void {
    if (length > this.#maxControlBytes)
      throw new ConnectionFault(ErrorCode.enhanceYourCalm, `frame of type ${this.#type} with ${length} bytes`);
    if (length === 0) this.#sink.frame(this.#type, this.#flags, this.#streamId, this.#header, 0, 0);
    else this.#state = IN_CONTROL;
  }

  #readControl(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left > 0) {
      this.#control.push(chunk.subarray(at, end));
      return end;
    }
    this.#state = AT_HEADER;
    if (this.#control.length === 0) {
      this.#sink.frame(this.#type, this.#flags, this.#streamId, chunk, at, end);
    } else {
      this.#control.push(chunk.subarray(at, end));
      const payload = Buffer.concat(this.#control);
      this.#control = [];
      this.#sink.frame(this.#type, this.#flags, this.#streamId, payload, 0, payload.length);
    }
    return end;
  }
}
