import { FRAME_HEADER_BYTES } from './frames.js';

const SLAB_BYTES = 65_536;
/** Slabs that no connection uses now: most connections have nothing to send at any moment. */
const spareSlabs: Buffer[] = [];
const MOST_SPARE_SLABS = 32;
const NO_SLAB = Buffer.alloc(0);

/**
 * What a connection is going to send, in order: small things are written one after the other into a slab, large ones
 * are kept as views between them. Everything goes to the kernel with one call.
 */
export class Output {
  #slab: Buffer = NO_SLAB;
  /** The slab's bytes before this are in `#parts`. */
  #sealed = 0;
  #at = 0;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Bytes waiting. */
  get bytes(): number {
    return this.#bytes + this.#at - this.#sealed;
  }

  /** Makes room for `length` bytes, at most 64 KiB; write them at `at` of `slab`. */
  reserve(length: number): number {
    if (this.#at + length > this.#slab.length) {
      this.#seal();
      this.#slab = spareSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#sealed = 0;
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  /** Where the last `reserve` made room. */
  get slab(): Buffer {
    return this.#slab;
  }

  copy(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.#slab.set(bytes, at);
  }

  /** Sends `bytes` without copying them; they must stay as they are until they are with the kernel. */
  view(bytes: Uint8Array): void {
    this.#seal();
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  frameHeader(length: number, type: number, flags: number, streamId: number): void {
    const at = this.reserve(FRAME_HEADER_BYTES);
    writeFrameHeader(this.#slab, at, length, type, flags, streamId);
  }

  /** Takes everything; the slab's bytes stay untouched until {@link recycle}. */
  take(): Uint8Array[] {
    this.#seal();
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    return parts;
  }

  /** What was taken is with the kernel, and nothing was added since: the slab can be used again. */
  recycle(): void {
    if (this.#slab !== NO_SLAB && spareSlabs.length < MOST_SPARE_SLABS) spareSlabs.push(this.#slab);
    this.#slab = NO_SLAB;
    this.#at = 0;
    this.#sealed = 0;
  }

  #seal(): void {
    if (this.#at === this.#sealed) return;
    this.#parts.push(this.#slab.subarray(this.#sealed, this.#at));
    this.#bytes += this.#at - this.#sealed;
    this.#sealed = this.#at;
  }
}

export function writeFrameHeader(out: Buffer, at: number, length: number, type: number, flags: number, streamId: number): void {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  out[at + 5] = streamId >>> 24;
  out[at + 6] = streamId >>> 16;
  out[at + 7] = streamId >>> 8;
  out[at + 8] = streamId;
}
