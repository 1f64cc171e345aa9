import { fail } from '@alluvium/base';

/** gRPC puts one flag byte and four length bytes before each message. */
export const PREFIX_BYTES = 5;

/** A message as it was received: views that joined are its bytes. */
export interface RawMessage {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

const NO_PARTS: readonly Uint8Array[] = [];
/** Pieces shorter than this are put together when others wait already, so that a drip of bytes does not cost an object each. */
const SHORT_BYTES = 512;
const BLOCK_BYTES = 4096;
/** A view of less than this part of what was received is copied, because it would keep the whole in memory. */
const LEAST_SHARE = 4;

/**
 * The data of a stream, cut into messages as they are asked for. Bulk data is not copied; what is kept costs a small
 * multiple of its bytes, however it came.
 */
export class Deframer {
  readonly #maxMessageBytes: number;
  readonly #pieces: Buffer[] = [];
  /** Of the first piece: bytes that were taken. */
  #offset = 0;
  #bytes = 0;
  /** Of the message whose prefix was read; -1 between messages. */
  #length = -1;
  /** Where short pieces are put together; the last piece is its beginning. */
  #block: Buffer | undefined;
  #blockBytes = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes kept that were not taken, prefixes included. */
  get bytes(): number {
    return this.#bytes + (this.#length < 0 ? 0 : PREFIX_BYTES);
  }

  push(chunk: Buffer, start: number, end: number): void {
    const size = end - start;
    this.#bytes += size;
    if (size < SHORT_BYTES && this.#pieces.length > 0) return this.#append(chunk, start, end);
    const view = chunk.subarray(start, end);
    this.#pieces.push(size * LEAST_SHARE >= chunk.length ? view : Buffer.from(view));
    this.#block = undefined;
  }

  /** The next message; undefined while it is not whole. Throws the status of one that is not accepted. */
  next(): RawMessage | undefined {
    if (this.#length < 0) {
      if (this.#bytes < PREFIX_BYTES) return undefined;
      this.#readPrefix();
    }
    const length = this.#length;
    if (this.#bytes < length) return undefined;
    this.#length = -1;
    return { parts: length === 0 ? NO_PARTS : this.#take(length), length };
  }

  /** Drops everything. */
  clear(): void {
    this.#pieces.length = 0;
    this.#block = undefined;
    this.#offset = 0;
    this.#bytes = 0;
    this.#length = -1;
  }

  #append(chunk: Buffer, start: number, end: number): void {
    const size = end - start;
    if (this.#block === undefined || this.#blockBytes + size > BLOCK_BYTES) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#blockBytes = 0;
      this.#pieces.push(this.#block);
    }
    chunk.copy(this.#block, this.#blockBytes, start, end);
    this.#blockBytes += size;
    this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, this.#blockBytes);
  }

  #readPrefix(): void {
    let first = this.#pieces[0]!;
    let at = this.#offset;
    const scattered = first.length - at < PREFIX_BYTES;
    const parts = scattered ? this.#take(PREFIX_BYTES) : undefined;
    if (parts !== undefined) {
      first = Buffer.concat(parts);
      at = 0;
    }
    const length = first.readUInt32BE(at + 1);
    checkPrefix(first[at]!, length, this.#maxMessageBytes);
    if (parts === undefined) this.#take(PREFIX_BYTES);
    this.#length = length;
  }

  #take(bytes: number): Buffer[] {
    const parts: Buffer[] = [];
    let left = bytes;
    let used = 0;
    while (left > 0) {
      const piece = this.#pieces[used]!;
      const size = Math.min(left, piece.length - this.#offset);
      parts.push(size === piece.length ? piece : piece.subarray(this.#offset, this.#offset + size));
      left -= size;
      this.#offset += size;
      if (this.#offset < piece.length) break;
      this.#offset = 0;
      used++;
    }
    this.#pieces.splice(0, used);
    if (this.#pieces.length === 0) this.#block = undefined;
    this.#bytes -= bytes;
    return parts;
  }
}

/** Throws the status of a message that is not accepted. */
export function checkPrefix(flag: number, length: number, maxMessageBytes: number): void {
  if (flag !== 0) throw fail('internal', flag === 1 ? 'Compressed message without a known grpc-encoding' : `Bad gRPC message flag ${flag}`);
  if (length > maxMessageBytes) throw fail('resourceExhausted', `gRPC message exceeds maximum size ${maxMessageBytes}: ${length}`);
}
