import { FRAME_HEADER_BYTES, Flag, FrameType } from '../http2/frames.js';
import { writeFrameHeader } from '../http2/output.js';
import type { Http2Stream } from '../http2/stream.js';
import { PREFIX_BYTES } from './deframer.js';

/** A reply up to this is copied between its frames; a longer one is sent as a part of its own. */
const COPY_BYTES = 16_384;

export type Encoded = Uint8Array | readonly Uint8Array[];

function encodedLength(message: Encoded): number {
  if (message instanceof Uint8Array) return message.length;
  let length = 0;
  for (const part of message) length += part.length;
  return length;
}

/** Queues a message on a stream. The parts stay untouched until `onSent`. */
export function sendMessage(stream: Http2Stream, message: Encoded, onSent?: () => void): void {
  const length = encodedLength(message);
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  writePrefix(prefix, 0, length);
  const parts = message instanceof Uint8Array ? [prefix, message] : [prefix, ...message];
  stream.send(parts, PREFIX_BYTES + length, onSent);
}

/**
 * Sends a whole reply: header block, one message, trailer block. `head` and `tail` are frames, complete but for their
 * stream id, so that a short reply is three copies into the connection's output.
 */
export function sendReply(stream: Http2Stream, head: Buffer, message: Encoded, tail: Buffer, onSent?: () => void): void {
  const length = encodedLength(message);
  const output = stream.takeWhole(PREFIX_BYTES + length);
  if (output === undefined) {
    stream.sendHeaders(head.subarray(FRAME_HEADER_BYTES), false);
    sendMessage(stream, message, onSent);
    stream.finish(tail.subarray(FRAME_HEADER_BYTES));
    return;
  }
  const copied = length <= COPY_BYTES;
  const beforeBytes = head.length + FRAME_HEADER_BYTES + PREFIX_BYTES;
  let at = output.reserve(beforeBytes + (copied ? length + tail.length : 0));
  const slab = output.slab;
  at = putFrame(slab, at, head, stream.id);
  writeFrameHeader(slab, at, PREFIX_BYTES + length, FrameType.data, 0, stream.id);
  writePrefix(slab, at + FRAME_HEADER_BYTES, length);
  at += FRAME_HEADER_BYTES + PREFIX_BYTES;
  const parts = message instanceof Uint8Array ? undefined : message;
  if (!copied) {
    if (parts === undefined) output.view(message as Uint8Array);
    else for (const part of parts) output.view(part);
    at = output.reserve(tail.length);
    putFrame(output.slab, at, tail, stream.id);
  } else {
    if (parts === undefined) slab.set(message as Uint8Array, at);
    else for (const part of parts) at = put(slab, at, part);
    putFrame(slab, parts === undefined ? at + length : at, tail, stream.id);
  }
  if (onSent !== undefined) {
    if (copied) onSent();
    else stream.connection.afterWrite(onSent);
  }
  stream.wholeWritten();
}

/** A HEADERS frame with its block, for {@link sendReply}. */
export function headersFrame(block: Buffer, endStream: boolean): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + block.length);
  writeFrameHeader(frame, 0, block.length, FrameType.headers, Flag.endHeaders | (endStream ? Flag.endStream : 0), 0);
  frame.set(block, FRAME_HEADER_BYTES);
  return frame;
}

function put(slab: Buffer, at: number, bytes: Uint8Array): number {
  slab.set(bytes, at);
  return at + bytes.length;
}

function putFrame(slab: Buffer, at: number, frame: Buffer, streamId: number): number {
  slab.set(frame, at);
  slab[at + 5] = streamId >>> 24;
  slab[at + 6] = streamId >>> 16;
  slab[at + 7] = streamId >>> 8;
  slab[at + 8] = streamId;
  return at + frame.length;
}

function writePrefix(out: Buffer, at: number, length: number): void {
  out[at] = 0;
  out[at + 1] = length >>> 24;
  out[at + 2] = length >>> 16;
  out[at + 3] = length >>> 8;
  out[at + 4] = length;
}
