// Writes the protobuf wire format for the generated encoders: the last step of every reply and every journal entry.
// It has the field types that the protocol uses. Messages are laid one after the other into a shared slab, so that a small
// reply costs no allocation of its own.
import { fail } from '@alluvium/base';
import { longOf, longWords, setLong, HIGH, LOW } from './words.js';

/** One slab holds some dozens of replies; what is larger than this gets memory of its own. */
const SLAB_BYTES = 16 * 1024;
/** A rest smaller than this is not worth keeping. */
const LEAST_REST_BYTES = 512;
/** Up to here a loop over the characters beats the call into the runtime's encoder. */
const SHORT_STRING = 10;
const NOTHING = Buffer.alloc(0);

/** A slab that is free from `slabStart` on, taken out by the writer that uses it: two writers never share one. */
let slab: Buffer | undefined;
let slabStart = 0;

/**
 * Appends fields. `finish()` answers bytes that nobody writes to again; they may be a view of a slab, so who keeps a few
 * of them for long copies them.
 */
export class BinaryWriter {
  #bytes: Buffer = NOTHING;
  #start = 0;
  #pos = 0;
  #forks: number[] | undefined;

  /** All bytes written; the writer is then empty again. */
  finish(): Buffer {
    if (this.#forks !== undefined && this.#forks.length > 0) throw fail('internal', 'Cannot finish message: a fork is open');
    const bytes = this.#bytes;
    const pos = this.#pos;
    const message = bytes.subarray(this.#start, pos);
    this.#bytes = NOTHING;
    this.#start = 0;
    this.#pos = 0;
    if (bytes.length === SLAB_BYTES && SLAB_BYTES - pos >= LEAST_REST_BYTES) {
      slab = bytes;
      slabStart = pos;
    }
    return message;
  }

  /** Begins a length-delimited value; {@link join} ends it. One byte is kept free for its length. */
  fork(): this {
    this.#reserve(1);
    (this.#forks ??= []).push(this.#pos);
    this.#pos++;
    return this;
  }

  /** Ends what the last {@link fork} began: puts its length in front, moving it when the length needs more than a byte. */
  join(): this {
    const forked = this.#forks?.at(-1);
    if (forked === undefined) throw fail('internal', 'Cannot join message: no fork is open');
    const length = this.#pos - forked - 1;
    const extra = varintSize(length) - 1;
    // More memory may move everything, open forks included.
    if (extra > 0) this.#reserve(extra);
    const at = this.#forks!.pop()!;
    if (extra === 0) {
      this.#bytes[at] = length;
      return this;
    }
    const start = at + 1;
    this.#bytes.copyWithin(start + extra, start, this.#pos);
    this.#pos = at;
    this.#varint32(length);
    this.#pos += length;
    return this;
  }

  /** Appends bytes as they are. */
  raw(chunk: Uint8Array): this {
    this.#reserve(chunk.length);
    this.#bytes.set(chunk, this.#pos);
    this.#pos += chunk.length;
    return this;
  }

  uint32(value: number): this {
    if (value >>> 0 !== value) throw outOfRange('uint32', value);
    this.#reserve(5);
    this.#varint32(value);
    return this;
  }

  int32(value: number): this {
    if ((value | 0) !== value) throw outOfRange('int32', value);
    this.#reserve(10);
    if (value >= 0) {
      this.#varint32(value);
    } else {
      this.#varint64(value >>> 0, 0xffffffff);
    }
    return this;
  }

  int64(value: bigint): this {
    setLong(value);
    if (longOf() !== value) throw outOfRange('int64', value);
    this.#reserve(10);
    this.#varint64(longWords[LOW]!, longWords[HIGH]!);
    return this;
  }

  /** An int64 field whose value is a number, from 0 to the largest exact integer. */
  uint53(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange('uint53', value);
    this.#reserve(10);
    if (value <= 0xffffffff) this.#varint32(value);
    else this.#varint64(value >>> 0, Math.floor(value / 0x1_0000_0000));
    return this;
  }

  bool(value: boolean): this {
    this.#reserve(1);
    this.#bytes[this.#pos++] = value ? 1 : 0;
    return this;
  }

  float(value: number): this {
    this.#reserve(4);
    this.#pos = this.#bytes.writeFloatLE(value, this.#pos);
    return this;
  }

  double(value: number): this {
    this.#reserve(8);
    this.#pos = this.#bytes.writeDoubleLE(value, this.#pos);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.uint32(value.length);
    return this.raw(value);
  }

  string(value: string): this {
    const length = value.length;
    if (length <= SHORT_STRING && this.#shortAscii(value, length)) return this;
    // A UTF-16 unit takes at most three bytes; the size of the length is guessed as that of ASCII text.
    this.#reserve(length * 3 + 5);
    const guess = varintSize(length);
    const start = this.#pos + guess;
    const written = this.#bytes.write(value, start, 'utf8');
    const size = varintSize(written);
    if (size !== guess) this.#bytes.copyWithin(this.#pos + size, start, start + written);
    this.#varint32(written);
    this.#pos += written;
    return this;
  }

  /** A string that begins with the characters of `prefix`, which is UTF-8. */
  prefixedString(prefix: Uint8Array, value: string): this {
    const length = value.length;
    this.#reserve(prefix.length + length + 5);
    const start = this.#pos;
    this.#varint32(prefix.length + length);
    const bytes = this.#bytes;
    let pos = this.#pos;
    for (let i = 0; i < prefix.length; i++) bytes[pos++] = prefix[i]!;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#pos = start;
        return this.string(Buffer.from(prefix).toString('utf8') + value);
      }
      bytes[pos++] = code;
    }
    this.#pos = pos;
    return this;
  }

  /** False, with nothing written, when a character is not ASCII. */
  #shortAscii(value: string, length: number): boolean {
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    let pos = this.#pos;
    bytes[pos++] = length;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[pos++] = code;
    }
    this.#pos = pos;
    return true;
  }

  #varint32(value: number): void {
    const bytes = this.#bytes;
    let pos = this.#pos;
    let left = value;
    while (left > 0x7f) {
      bytes[pos++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    bytes[pos++] = left;
    this.#pos = pos;
  }

  #varint64(lowWord: number, highWord: number): void {
    const bytes = this.#bytes;
    let pos = this.#pos;
    let low = lowWord;
    let high = highWord;
    while (high !== 0 || low > 0x7f) {
      bytes[pos++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[pos++] = low;
    this.#pos = pos;
  }

  #reserve(size: number): void {
    if (this.#pos + size > this.#bytes.length) this.#grow(size);
  }

  #grow(size: number): void {
    const old = this.#bytes;
    if (old === NOTHING && slab !== undefined && slabStart + size <= SLAB_BYTES) {
      this.#bytes = slab;
      this.#start = slabStart;
      this.#pos = slabStart;
      slab = undefined;
      return;
    }
    const written = this.#pos - this.#start;
    const next = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (written + size)));
    old.copy(next, 0, this.#start, this.#pos);
    if (this.#forks !== undefined) this.#forks = this.#forks.map((at) => at - this.#start);
    this.#bytes = next;
    this.#start = 0;
    this.#pos = written;
  }
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

function outOfRange(type: string, value: number | bigint): Error {
  return fail('internal', `Cannot encode message: ${value} is not of type ${type}`);
}
