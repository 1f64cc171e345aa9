// Reads the protobuf wire format for the generated decoders: the first step of every request and every journal entry.
// It has the field types that the protocol uses. Nothing here trusts a length or a count from the bytes: a read past the
// end throws, and `bytes` fields are views.
import { fail } from '@alluvium/base';
import { longOf, longWords, HIGH, LOW } from './words.js';

/** Nesting of messages and groups that is accepted; the same limit as that of the Java classes. */
const MAX_DEPTH = 100;
/** Up to here a loop over the characters beats the call into the runtime's decoder. */
const SHORT_STRING = 8;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

/**
 * A cursor over one encoded message. Malformed input throws an `internal` AlluviumError, after which the reader is of no
 * further use.
 */
export class BinaryReader {
  readonly #bytes: Buffer;
  #depth = 0;
  readonly len: number;
  pos = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.len = bytes.length;
  }

  /** Begins a message of `length` bytes, or of all that is left; answers where it ends. Each is matched by a {@link leave}. */
  enter(length?: number): number {
    if (++this.#depth > MAX_DEPTH) throw malformed('messages nested too deeply');
    const end = length === undefined ? this.len : this.pos + length;
    if (end > this.len) throw truncated();
    return end;
  }

  /** Ends the message that ends at `end`; throws when its last field ran across that border. */
  leave(end: number): void {
    this.#depth--;
    this.expectEnd(end);
  }

  /** Reads the length of a packed field and answers where it ends. */
  packedEnd(): number {
    const length = this.uint32();
    const end = this.pos + length;
    if (end > this.len) throw truncated();
    return end;
  }

  expectEnd(end: number): void {
    if (this.pos !== end) throw malformed('a field crosses the end of its message');
  }

  uint32(): number {
    const byte = this.#bytes[this.pos];
    if (byte !== undefined && byte < 0x80) {
      this.pos++;
      return byte;
    }
    return this.#varint32();
  }

  int32(): number {
    return this.uint32() | 0;
  }

  int64(): bigint {
    this.#varint64();
    return longOf();
  }

  /** An int64 as a number: exact up to 2^53, the nearest one beyond. */
  int64AsNumber(): number {
    const bytes = this.#bytes;
    let pos = this.pos;
    let value = 0;
    // Seven bytes have 49 bits; what is longer is rare, and all that is negative.
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = bytes[pos++];
      if (byte === undefined) throw truncated();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.pos = pos;
        return value;
      }
    }
    this.#varint64();
    return (longWords[HIGH]! | 0) * 2 ** 32 + longWords[LOW]!;
  }

  bool(): boolean {
    const byte = this.#bytes[this.pos];
    if (byte !== undefined && byte < 0x80) {
      this.pos++;
      return byte !== 0;
    }
    this.#varint64();
    return (longWords[LOW]! | longWords[HIGH]!) !== 0;
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** A view of the bytes, not a copy: who keeps it longer than the message's buffer copies it. */
  bytes(): Buffer {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Bytes that are not UTF-8 become U+FFFD. */
  string(): string {
    const length = this.uint32();
    const start = this.#take(length);
    if (length > SHORT_STRING) return this.#bytes.toString('utf8', start, start + length);
    const codes = new Array<number>(length);
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[start + i]!;
      if (byte > 0x7f) return this.#bytes.toString('utf8', start, start + length);
      codes[i] = byte;
    }
    return String.fromCharCode.apply(String, codes);
  }

  /** {@link string}, but `likely` itself when it is that: a value that comes again and again is not made anew. */
  stringOr(likely: string): string {
    const start = this.pos;
    const length = this.uint32();
    if (length === likely.length && this.pos + length <= this.len) {
      let at = 0;
      while (at < length && this.#bytes[this.pos + at] === likely.charCodeAt(at) && likely.charCodeAt(at) < 0x80) at++;
      if (at === length) {
        this.pos += length;
        return likely;
      }
    }
    this.pos = start;
    return this.string();
  }

  /** Steps over the value of an unknown field whose tag was just read and answers its bytes, without the tag. */
  skip(tag: number): Buffer {
    const start = this.pos;
    this.#skip(tag, 0);
    return this.#bytes.subarray(start, this.pos);
  }

  #skip(tag: number, groups: number): void {
    if (tag >>> 3 === 0) throw malformed('field number 0');
    switch (tag & 7) {
      case VARINT:
        this.#varint64();
        return;
      case FIXED64:
        this.#take(8);
        return;
      case LENGTH_DELIMITED:
        this.#take(this.uint32());
        return;
      case START_GROUP:
        this.#skipGroup(tag, groups);
        return;
      case FIXED32:
        this.#take(4);
        return;
      default:
        throw malformed(`wire type ${tag & 7} at offset ${this.pos}`);
    }
  }

  #skipGroup(startTag: number, groups: number): void {
    if (this.#depth + groups >= MAX_DEPTH) throw malformed('groups nested too deeply');
    const endTag = ((startTag & ~7) | END_GROUP) >>> 0;
    for (let tag = this.uint32(); tag !== endTag; tag = this.uint32()) this.#skip(tag, groups + 1);
  }

  /** Moves over `length` bytes and answers where they start. */
  #take(length: number): number {
    const start = this.pos;
    if (length > this.len - start) throw truncated();
    this.pos = start + length;
    return start;
  }

  /** A varint of up to ten bytes, of which the low 32 bits count: negative int32 values are sent in ten. */
  #varint32(): number {
    const bytes = this.#bytes;
    let pos = this.pos;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[pos++];
      if (byte === undefined) throw truncated();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.pos = pos;
        return value >>> 0;
      }
    }
    throw malformed('a varint longer than ten bytes');
  }

  /** A varint into {@link longWords}. */
  #varint64(): void {
    const bytes = this.#bytes;
    let pos = this.pos;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[pos++];
      if (byte === undefined) throw truncated();
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high = (byte & 0x7f) >>> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (byte < 0x80) {
        this.pos = pos;
        longWords[LOW] = low;
        longWords[HIGH] = high;
        return;
      }
    }
    throw malformed('a varint longer than ten bytes');
  }
}

function truncated(): Error {
  return malformed('it ends in the middle of a field');
}

function malformed(state: string): Error {
  return fail('internal', `Cannot decode message: ${state}; a well-formed protobuf message is wanted`);
}
