import { fail } from '@alluvium/base';

/** gRPC puts one flag byte and four length bytes before each message. */
export const PREFIX_BYTES = 5;

/** A message as it was received: views that joined are its bytes. */
export interface RawMessage {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

const NO_PARTS: readonly Uint8Array[] = [];

/** Cuts the data of a stream into messages without copying it. */
export class Deframer {
  readonly #maxMessageBytes: number;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #length = 0;
  #left = 0;
  #parts: Uint8Array[] = [];

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes of a message that has not ended, its prefix included. */
  get partialBytes(): number {
    return this.#prefixBytes + this.#length - this.#left;
  }

  /** Adds a piece and appends the messages that it completes to `out`. Throws the status of a message that is not accepted. */
  push(chunk: Buffer, start: number, end: number, out: RawMessage[]): void {
    let at = start;
    while (at < end) {
      if (this.#prefixBytes < PREFIX_BYTES) {
        at += this.#takePrefix(chunk, at, end);
        if (this.#prefixBytes < PREFIX_BYTES) return;
      }
      const size = Math.min(this.#left, end - at);
      if (size > 0) this.#parts.push(chunk.subarray(at, at + size));
      at += size;
      this.#left -= size;
      if (this.#left > 0) return;
      out.push({ parts: this.#parts.length === 0 ? NO_PARTS : this.#parts, length: this.#length });
      this.#parts = [];
      this.#prefixBytes = 0;
      this.#length = 0;
    }
  }

  #takePrefix(chunk: Buffer, at: number, end: number): number {
    const size = chunk.copy(this.#prefix, this.#prefixBytes, at, Math.min(end, at + PREFIX_BYTES - this.#prefixBytes));
    this.#prefixBytes += size;
    if (this.#prefixBytes === PREFIX_BYTES) {
      const length = this.#prefix.readUInt32BE(1);
      checkPrefix(this.#prefix[0]!, length, this.#maxMessageBytes);
      this.#length = length;
      this.#left = length;
    }
    return size;
  }
}

/** Throws the status of a message that is not accepted. */
export function checkPrefix(flag: number, length: number, maxMessageBytes: number): void {
  if (flag !== 0) throw fail('internal', flag === 1 ? 'Compressed message without a known grpc-encoding' : `Bad gRPC message flag ${flag}`);
  if (length > maxMessageBytes) throw fail('resourceExhausted', `gRPC message exceeds maximum size ${maxMessageBytes}: ${length}`);
}
